-- Users as a module: found by the words of their names, with the last sign-in; and who sent an invitation.

ALTER TABLE people
    ADD COLUMN name_folded text COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(fold(name), 200)) STORED,
    ADD COLUMN signed_in_at timestamptz,
    ADD COLUMN version int NOT NULL DEFAULT 1;
CREATE INDEX people_by_name ON people (tenant_id, name_folded, id);
CREATE INDEX people_by_email ON people (tenant_id, (email_folded COLLATE "C"), id);

-- A list of those in one role begins with an index of its own when few have it.
ALTER TABLE memberships
    ADD COLUMN is_billing boolean NOT NULL GENERATED ALWAYS AS ('billing' = ANY (roles)) STORED,
    ADD COLUMN is_technical boolean NOT NULL GENERATED ALWAYS AS ('technical' = ANY (roles)) STORED,
    ADD COLUMN is_read_only boolean NOT NULL GENERATED ALWAYS AS ('read-only' = ANY (roles)) STORED;
CREATE INDEX memberships_by_billing ON memberships (tenant_id, person_id, client_id) WHERE is_billing;
CREATE INDEX memberships_by_technical ON memberships (tenant_id, person_id, client_id) WHERE is_technical;
CREATE INDEX memberships_by_read_only ON memberships (tenant_id, person_id, client_id) WHERE is_read_only;

-- The user who invited, none for the staff: an invitation is worth no more than he may when it is accepted.
ALTER TABLE invitations ADD COLUMN inviter_id bigint;
ALTER TABLE invitations ADD FOREIGN KEY (tenant_id, inviter_id) REFERENCES people (tenant_id, id) ON DELETE CASCADE;
CREATE INDEX invitations_by_inviter ON invitations (tenant_id, inviter_id) WHERE inviter_id IS NOT NULL;

-- Every word of a person's name, folded: found by its beginning.
CREATE TABLE person_words (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    person_id bigint NOT NULL,
    word text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, person_id, word),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX person_words_by_word ON person_words (tenant_id, word, person_id);

CREATE FUNCTION people_words_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO person_words (tenant_id, person_id, word)
    SELECT p.tenant_id, p.id, word FROM added p, words_of(p.name) AS word;
    RETURN NULL;
END $$;

CREATE FUNCTION people_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH renamed AS (
        SELECT n.tenant_id, n.id, n.name
        FROM after n JOIN before o ON o.tenant_id = n.tenant_id AND o.id = n.id WHERE n.name <> o.name
    ), gone AS (
        DELETE FROM person_words w USING renamed r
        WHERE w.tenant_id = r.tenant_id AND w.person_id = r.id
          AND NOT EXISTS (SELECT FROM words_of(r.name) AS word WHERE word = w.word)
    )
    INSERT INTO person_words (tenant_id, person_id, word)
    SELECT r.tenant_id, r.id, word FROM renamed r, words_of(r.name) AS word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER people_words_added AFTER INSERT ON people REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION people_words_added();
CREATE TRIGGER people_words_changed AFTER UPDATE ON people REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION people_words_changed();

-- Those who are there already. The owner of the tables reads all providers for that; the wall is put up again at
-- the end of the migration, as after every one.
ALTER TABLE people NO FORCE ROW LEVEL SECURITY;
ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY;
INSERT INTO person_words (tenant_id, person_id, word)
SELECT p.tenant_id, p.id, word FROM people p, words_of(p.name) AS word;
UPDATE people p SET signed_in_at = s.at
FROM (SELECT tenant_id, person_id, max(signed_in_at) AS at FROM sessions GROUP BY tenant_id, person_id) s
WHERE s.tenant_id = p.tenant_id AND s.person_id = p.id;
