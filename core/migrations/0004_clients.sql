-- Clients, the projects they belong to, the groups they are in, and the words they are found by.

CREATE TABLE attitudes (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    color text NOT NULL DEFAULT 'secondary',
    position int NOT NULL DEFAULT 0,
    is_default boolean NOT NULL DEFAULT false,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded)
);
CREATE UNIQUE INDEX attitudes_one_default ON attitudes (tenant_id) WHERE is_default;

CREATE TABLE projects (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    site text NOT NULL DEFAULT '',
    currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
    sender text NOT NULL DEFAULT '',
    is_default boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded)
);
CREATE UNIQUE INDEX projects_one_default ON projects (tenant_id) WHERE is_default;

CREATE TABLE account_groups (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    description text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded)
);

CREATE TABLE clients (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    code bigint NOT NULL,
    login text NOT NULL CHECK (login <> ''),
    login_folded text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(login)) STORED,
    name text NOT NULL CHECK (name <> ''),
    name_folded text COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(fold(name), 200)) STORED,
    kind text NOT NULL CHECK (kind IN ('individual', 'company')),
    contact_person text NOT NULL DEFAULT '',
    email text NOT NULL,
    email_folded text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(email)) STORED,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    language text NOT NULL DEFAULT 'en',
    phone text NOT NULL DEFAULT '',
    phone_verified text NOT NULL DEFAULT '',
    phone_verified_at timestamptz,
    note text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed')),
    project_id bigint NOT NULL,
    attitude_id bigint,
    registered_at timestamptz NOT NULL,
    registered_address text NOT NULL DEFAULT '',
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code),
    UNIQUE (tenant_id, login_folded),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id),
    FOREIGN KEY (tenant_id, attitude_id) REFERENCES attitudes (tenant_id, id)
);
-- A list shows the latest clients first. So an index of what it is filtered by goes on with the registration: the
-- first page of a filter is the beginning of a range, however many clients fit it.
CREATE INDEX clients_by_name ON clients (tenant_id, name_folded, id);
CREATE INDEX clients_by_email ON clients (tenant_id, email_folded, id);
CREATE INDEX clients_by_registration ON clients (tenant_id, registered_at, id);
CREATE INDEX clients_by_country ON clients (tenant_id, country, registered_at, id);
CREATE INDEX clients_by_language ON clients (tenant_id, language, registered_at, id);
CREATE INDEX clients_by_kind ON clients (tenant_id, kind, registered_at, id);
CREATE INDEX clients_by_status ON clients (tenant_id, status, registered_at, id);
CREATE INDEX clients_by_project ON clients (tenant_id, project_id, registered_at, id);
CREATE INDEX clients_by_attitude ON clients (tenant_id, attitude_id, registered_at, id);

CREATE TABLE memberships (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    client_id bigint NOT NULL,
    person_id bigint NOT NULL,
    role text NOT NULL DEFAULT 'owner' CHECK (role IN ('owner', 'billing', 'technical', 'read-only')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, client_id, person_id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id)
);
CREATE INDEX memberships_by_person ON memberships (tenant_id, person_id);
CREATE UNIQUE INDEX memberships_one_owner ON memberships (tenant_id, client_id) WHERE role = 'owner';

CREATE TABLE group_members (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    group_id bigint NOT NULL,
    client_id bigint NOT NULL,
    added_at timestamptz NOT NULL,
    added_by text NOT NULL,
    registered_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, group_id, client_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES account_groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX group_members_by_client ON group_members (tenant_id, client_id, group_id);
CREATE INDEX group_members_by_registration ON group_members (tenant_id, group_id, registered_at, client_id);

-- `registered_at` is the client's, for the order of lists. A client that is not there is refused by the foreign key.
CREATE FUNCTION group_members_registered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.registered_at := coalesce(
        (SELECT c.registered_at FROM clients c WHERE c.tenant_id = NEW.tenant_id AND c.id = NEW.client_id), 'epoch');
    RETURN NEW;
END $$;
CREATE TRIGGER group_members_registered BEFORE INSERT ON group_members
    FOR EACH ROW EXECUTE FUNCTION group_members_registered();

-- What a member of staff is limited to; no row is no limit. So a project or a group that somebody is limited to
-- cannot be deleted: his last limit would go with it, and open all the others to him.
CREATE TABLE staff_projects (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    staff_id bigint NOT NULL,
    project_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, staff_id, project_id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX staff_projects_by_project ON staff_projects (tenant_id, project_id);

CREATE TABLE staff_groups (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    staff_id bigint NOT NULL,
    group_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, staff_id, group_id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, group_id) REFERENCES account_groups (tenant_id, id)
);
CREATE INDEX staff_groups_by_group ON staff_groups (tenant_id, group_id);

-- Every word of a client's name, contact person and login, folded: found by its beginning. `registered_at` is the
-- client's, so that the latest of those who fit are found without looking at the clients.
CREATE TABLE client_words (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    client_id bigint NOT NULL,
    word text COLLATE "C" NOT NULL,
    registered_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, client_id, word),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX client_words_by_word ON client_words (tenant_id, word, registered_at, client_id);

CREATE FUNCTION words_of(text) RETURNS SETOF text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT DISTINCT left(word, 60) FROM regexp_split_to_table(fold($1), '[^[:alnum:]]+') AS word WHERE word <> ''
$$;

CREATE FUNCTION clients_words_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO client_words (tenant_id, client_id, word, registered_at)
    SELECT c.tenant_id, c.id, word, c.registered_at
    FROM added c, words_of(concat_ws(' ', c.name, c.contact_person, c.login)) AS word;
    RETURN NULL;
END $$;

CREATE FUNCTION clients_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH renamed AS (
        SELECT n.tenant_id, n.id, n.registered_at, concat_ws(' ', n.name, n.contact_person, n.login) AS text
        FROM after n JOIN before o ON o.tenant_id = n.tenant_id AND o.id = n.id
        WHERE (n.name, n.contact_person, n.login) IS DISTINCT FROM (o.name, o.contact_person, o.login)
    ), gone AS (
        DELETE FROM client_words w USING renamed r
        WHERE w.tenant_id = r.tenant_id AND w.client_id = r.id
          AND NOT EXISTS (SELECT FROM words_of(r.text) AS word WHERE word = w.word)
    )
    INSERT INTO client_words (tenant_id, client_id, word, registered_at)
    SELECT r.tenant_id, r.id, word, r.registered_at FROM renamed r, words_of(r.text) AS word
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION clients_registered_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM after n JOIN before o ON o.tenant_id = n.tenant_id AND o.id = n.id
               WHERE n.registered_at <> o.registered_at) THEN
        UPDATE client_words w SET registered_at = n.registered_at FROM after n
         WHERE w.tenant_id = n.tenant_id AND w.client_id = n.id AND w.registered_at <> n.registered_at;
        UPDATE group_members m SET registered_at = n.registered_at FROM after n
         WHERE m.tenant_id = n.tenant_id AND m.client_id = n.id AND m.registered_at <> n.registered_at;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER clients_words_added AFTER INSERT ON clients REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION clients_words_added();
CREATE TRIGGER clients_words_changed AFTER UPDATE ON clients REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION clients_words_changed();
CREATE TRIGGER clients_registered_changed AFTER UPDATE ON clients
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION clients_registered_changed();
