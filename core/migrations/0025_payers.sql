-- Payers: who is named on a client's documents. Every client has one from the start, made of its registration.

CREATE TABLE payers (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('individual', 'company', 'sole_proprietor')),
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    name text NOT NULL CHECK (name <> ''),
    name_folded text COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(fold(name), 200)) STORED,
    contact_person text NOT NULL DEFAULT '',
    registration_number text COLLATE "C" NOT NULL DEFAULT '',
    vat_number text COLLATE "C" NOT NULL DEFAULT '',
    street text NOT NULL DEFAULT '',
    postcode text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    region text NOT NULL DEFAULT '',
    email text NOT NULL,
    language text NOT NULL DEFAULT 'en',
    iban text NOT NULL DEFAULT '',
    bic text NOT NULL DEFAULT '',
    is_default boolean NOT NULL DEFAULT false,
    merged_into_id bigint,
    merged_at timestamptz,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, merged_into_id) REFERENCES payers (tenant_id, id),
    CHECK ((merged_into_id IS NULL) = (merged_at IS NULL)),
    CHECK (NOT (is_default AND merged_into_id IS NOT NULL))
);
CREATE INDEX payers_by_client ON payers (tenant_id, client_id);
CREATE UNIQUE INDEX payers_one_default ON payers (tenant_id, client_id) WHERE is_default;
CREATE INDEX payers_by_merged_into ON payers (tenant_id, merged_into_id) WHERE merged_into_id IS NOT NULL;
CREATE INDEX payers_by_name ON payers (tenant_id, name_folded, id) WHERE merged_into_id IS NULL;
CREATE INDEX payers_by_country ON payers (tenant_id, country, name_folded, id) WHERE merged_into_id IS NULL;
CREATE INDEX payers_by_kind ON payers (tenant_id, kind, name_folded, id) WHERE merged_into_id IS NULL;
CREATE INDEX payers_by_vat_number ON payers (tenant_id, vat_number) WHERE vat_number <> '';
CREATE INDEX payers_by_registration ON payers (tenant_id, registration_number) WHERE registration_number <> '';

-- Every word of a payer's name, folded: found by its beginning.
CREATE TABLE payer_words (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    payer_id bigint NOT NULL,
    word text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, payer_id, word),
    FOREIGN KEY (tenant_id, payer_id) REFERENCES payers (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX payer_words_by_word ON payer_words (tenant_id, word, payer_id);

CREATE FUNCTION payers_words_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payer_words (tenant_id, payer_id, word)
    SELECT p.tenant_id, p.id, word FROM added p, words_of(concat_ws(' ', p.name, p.contact_person)) AS word;
    RETURN NULL;
END $$;

CREATE FUNCTION payers_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH renamed AS (
        SELECT n.tenant_id, n.id, concat_ws(' ', n.name, n.contact_person) AS text
        FROM after n JOIN before o ON o.tenant_id = n.tenant_id AND o.id = n.id
        WHERE (n.name, n.contact_person) IS DISTINCT FROM (o.name, o.contact_person)
    ), gone AS (
        DELETE FROM payer_words w USING renamed r
        WHERE w.tenant_id = r.tenant_id AND w.payer_id = r.id
          AND NOT EXISTS (SELECT FROM words_of(r.text) AS word WHERE word = w.word)
    )
    INSERT INTO payer_words (tenant_id, payer_id, word)
    SELECT r.tenant_id, r.id, word FROM renamed r, words_of(r.text) AS word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER payers_words_added AFTER INSERT ON payers REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION payers_words_added();
CREATE TRIGGER payers_words_changed AFTER UPDATE ON payers REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION payers_words_changed();

-- The first payer, whoever registers the client: a person, a program, an import. Its address comes later.
CREATE FUNCTION clients_first_payer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO payers (tenant_id, client_id, kind, country, name, contact_person, email, language, is_default,
                        created_at)
    SELECT c.tenant_id, c.id, c.kind, c.country, c.name, CASE c.kind WHEN 'company' THEN c.contact_person ELSE '' END,
           c.email, c.language, true, c.registered_at
    FROM added c;
    RETURN NULL;
END $$;
CREATE TRIGGER clients_first_payer AFTER INSERT ON clients REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION clients_first_payer();

-- Those who are there already get theirs now. The owner of the tables reads all providers for that; the wall is put
-- up again at the end of the migration, as after every one.
ALTER TABLE clients NO FORCE ROW LEVEL SECURITY;
INSERT INTO payers (tenant_id, client_id, kind, country, name, contact_person, email, language, is_default, created_at)
SELECT c.tenant_id, c.id, c.kind, c.country, c.name, CASE c.kind WHEN 'company' THEN c.contact_person ELSE '' END,
       c.email, c.language, true, c.registered_at
FROM clients c;
