-- Contracts between a client's payer and an own company, the texts they begin with, and what became of each.

CREATE TABLE contract_templates (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    language text NOT NULL,
    title text NOT NULL CHECK (title <> ''),
    body text NOT NULL CHECK (body <> ''),
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded)
);

-- `frozen` is what the document says, both parties included, and `digest` the SHA-256 of its file, from the moment it is
-- sent. `state` is that of the last row of contract_states.
CREATE TABLE contracts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    payer_id bigint NOT NULL,
    company_id bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'requested', 'sent', 'signed', 'cancelled')),
    is_requested boolean NOT NULL DEFAULT false,
    title text NOT NULL CHECK (title <> ''),
    language text NOT NULL,
    body text NOT NULL DEFAULT '',
    wish text NOT NULL DEFAULT '',
    number text COLLATE "C" NOT NULL DEFAULT '',
    issued_on date,
    signed_on date,
    frozen jsonb NOT NULL DEFAULT '{}',
    digest text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id),
    FOREIGN KEY (tenant_id, payer_id) REFERENCES payers (tenant_id, id),
    FOREIGN KEY (tenant_id, company_id) REFERENCES companies (tenant_id, id),
    CHECK ((number = '') = (issued_on IS NULL) AND (number = '') = (digest = '')),
    CHECK (number <> '' OR state NOT IN ('sent', 'signed')),
    CHECK (state <> 'signed' OR signed_on IS NOT NULL)
);
CREATE UNIQUE INDEX contracts_number ON contracts (tenant_id, company_id, number) WHERE number <> '';
CREATE INDEX contracts_by_time ON contracts (tenant_id, created_at, id);
CREATE INDEX contracts_by_client ON contracts (tenant_id, client_id, created_at, id);
CREATE INDEX contracts_by_payer ON contracts (tenant_id, payer_id);
CREATE INDEX contracts_by_state ON contracts (tenant_id, state, created_at, id);
CREATE INDEX contracts_by_company ON contracts (tenant_id, company_id, created_at, id);
CREATE INDEX contracts_by_number ON contracts (tenant_id, number) WHERE number <> '';

-- Who brought it into which state, when and why. Rows are added and never changed.
CREATE TABLE contract_states (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    contract_id bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'requested', 'sent', 'signed', 'cancelled')),
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_name text NOT NULL,
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, contract_id) REFERENCES contracts (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX contract_states_by_contract ON contract_states (tenant_id, contract_id, at, id);

-- The document as it was sent, and the signed one that came back.
CREATE TABLE contract_files (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    contract_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('sent', 'signed')),
    media text NOT NULL CHECK (media IN ('application/pdf', 'image/png', 'image/jpeg')),
    content bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 10485760),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, contract_id, kind),
    FOREIGN KEY (tenant_id, contract_id) REFERENCES contracts (tenant_id, id) ON DELETE CASCADE
);

-- What was sent is never changed, whoever asks. Its client may be merged into another one.
CREATE FUNCTION contracts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.number <> '' AND (TG_OP = 'DELETE' OR
        (NEW.payer_id, NEW.company_id, NEW.title, NEW.language, NEW.body, NEW.number, NEW.issued_on, NEW.frozen,
         NEW.digest) IS DISTINCT FROM
        (OLD.payer_id, OLD.company_id, OLD.title, OLD.language, OLD.body, OLD.number, OLD.issued_on, OLD.frozen,
         OLD.digest)) THEN
        RAISE check_violation USING MESSAGE = 'a contract that was sent does not change';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER contracts_stay BEFORE UPDATE OR DELETE ON contracts FOR EACH ROW EXECUTE FUNCTION contracts_stay();

CREATE FUNCTION contract_files_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING MESSAGE = 'the file of a contract does not change';
END $$;
CREATE TRIGGER contract_files_stay BEFORE UPDATE ON contract_files
    FOR EACH ROW EXECUTE FUNCTION contract_files_stay();
