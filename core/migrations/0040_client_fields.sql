-- Fields of clients that the provider defines, and what is entered in them.

CREATE TABLE client_fields (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,39}$'),
    kind text NOT NULL CHECK (kind IN ('text', 'number', 'choice', 'date', 'yes_no')),
    label text NOT NULL CHECK (label <> ''),
    labels jsonb NOT NULL DEFAULT '{}',
    help text NOT NULL DEFAULT '',
    helps jsonb NOT NULL DEFAULT '{}',
    position int NOT NULL DEFAULT 0,
    is_required boolean NOT NULL DEFAULT false,
    is_shown boolean NOT NULL DEFAULT false,
    is_archived boolean NOT NULL DEFAULT false,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key)
);

CREATE TABLE client_field_options (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    field_id bigint NOT NULL,
    key text NOT NULL CHECK (key ~ '^[a-z0-9][a-z0-9_]{0,39}$'),
    label text NOT NULL CHECK (label <> ''),
    labels jsonb NOT NULL DEFAULT '{}',
    position int NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, field_id, key),
    FOREIGN KEY (tenant_id, field_id) REFERENCES client_fields (tenant_id, id) ON DELETE CASCADE
);

-- One of text, number and day is filled, as the field's kind wants it; a choice is its option's key, yes and no are
-- those words. The indexes go on with the client's registration, so that the first page of a filter is the beginning
-- of a range (of a choice), or few rows that are sorted (of a text, a number, a day).
CREATE TABLE client_field_values (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    field_id bigint NOT NULL,
    client_id bigint NOT NULL,
    text text,
    text_folded text COLLATE "C" GENERATED ALWAYS AS (left(fold(text), 200)) STORED,
    number numeric(24, 6),
    day date,
    registered_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, field_id, client_id),
    CHECK (num_nonnulls(text, number, day) = 1),
    FOREIGN KEY (tenant_id, field_id) REFERENCES client_fields (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX client_field_values_by_client ON client_field_values (tenant_id, client_id, field_id);
CREATE INDEX client_field_values_by_text
    ON client_field_values (tenant_id, field_id, text_folded, registered_at, client_id) WHERE text_folded IS NOT NULL;
CREATE INDEX client_field_values_by_number
    ON client_field_values (tenant_id, field_id, number, registered_at, client_id) WHERE number IS NOT NULL;
CREATE INDEX client_field_values_by_day
    ON client_field_values (tenant_id, field_id, day, registered_at, client_id) WHERE day IS NOT NULL;

CREATE TRIGGER client_field_values_registered BEFORE INSERT ON client_field_values
    FOR EACH ROW EXECUTE FUNCTION group_members_registered();

CREATE FUNCTION client_field_values_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM after n JOIN before o ON o.tenant_id = n.tenant_id AND o.id = n.id
               WHERE n.registered_at <> o.registered_at) THEN
        UPDATE client_field_values v SET registered_at = n.registered_at FROM after n
         WHERE v.tenant_id = n.tenant_id AND v.client_id = n.id AND v.registered_at <> n.registered_at;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER client_field_values_follow AFTER UPDATE ON clients
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION client_field_values_follow();
