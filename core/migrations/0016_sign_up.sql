-- Clients who sign up by themselves: what the provider asks them, the terms they agree to, and who did.

CREATE TABLE sign_up_settings (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT 1 CHECK (id = 1),
    is_open boolean NOT NULL DEFAULT false,
    company text NOT NULL DEFAULT 'optional' CHECK (company IN ('hidden', 'optional', 'required')),
    phone text NOT NULL DEFAULT 'optional' CHECK (phone IN ('hidden', 'optional', 'required')),
    country text NOT NULL DEFAULT 'required' CHECK (country IN ('hidden', 'required')),
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id)
);

-- A version of the terms is never changed: people agreed to it as it is.
CREATE TABLE terms (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    number int NOT NULL CHECK (number > 0),
    text_en text NOT NULL DEFAULT '',
    text_fr text NOT NULL DEFAULT '',
    published_at timestamptz NOT NULL,
    published_by text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, number),
    CHECK (text_en <> '' OR text_fr <> '')
);

CREATE TABLE consents (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    person_id bigint NOT NULL,
    number int NOT NULL,
    agreed_at timestamptz NOT NULL,
    address text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, client_id, person_id, number),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, number) REFERENCES terms (tenant_id, number)
);
CREATE INDEX consents_by_person ON consents (tenant_id, person_id);
CREATE INDEX consents_by_terms ON consents (tenant_id, number);

-- Asked for and not confirmed yet. The client is made when the link in the mail is used.
CREATE TABLE sign_ups (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    token_hash bytea,
    email text NOT NULL CHECK (email <> ''),
    email_folded text NOT NULL GENERATED ALWAYS AS (lower(email)) STORED,
    kind text NOT NULL CHECK (kind IN ('individual', 'company')),
    company_name text NOT NULL DEFAULT '',
    contact_person text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    country text NOT NULL,
    locale text NOT NULL,
    terms int,
    address text NOT NULL DEFAULT '',
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, terms) REFERENCES terms (tenant_id, number)
);
CREATE INDEX sign_ups_by_email ON sign_ups (tenant_id, email_folded, asked_at);
CREATE INDEX sign_ups_by_age ON sign_ups (tenant_id, expires_at);
CREATE INDEX sign_ups_by_terms ON sign_ups (tenant_id, terms);
