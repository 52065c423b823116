-- Mail that comes in: where it is read from, what becomes of what is in no ticket, and what became of each mail.

-- Without `unknown_client_id` nothing is opened by whom nobody knows.
CREATE TABLE incoming_mail_settings (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT 1 CHECK (id = 1),
    address text NOT NULL DEFAULT '',
    opens_tickets boolean NOT NULL DEFAULT true,
    category_id bigint,
    unknown_client_id bigint,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, category_id) REFERENCES ticket_categories (tenant_id, id) ON DELETE SET NULL (category_id),
    FOREIGN KEY (tenant_id, unknown_client_id) REFERENCES clients (tenant_id, id) ON DELETE SET NULL (unknown_client_id)
);

-- How far a plugin has read, and what it said when it could not.
CREATE TABLE incoming_mail_places (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    plugin text NOT NULL CHECK (plugin <> ''),
    position text NOT NULL DEFAULT '',
    read_at timestamptz,
    failed_at timestamptz,
    trouble text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, plugin)
);

-- `key` is the digest of the Message-ID: the same mail twice is one.
CREATE TABLE incoming_mails (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    key text NOT NULL CHECK (key <> ''),
    sender text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL CHECK (state IN ('answered', 'opened', 'ignored', 'refused')),
    reason text NOT NULL DEFAULT '',
    ticket_id bigint,
    came_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    FOREIGN KEY (tenant_id, ticket_id) REFERENCES tickets (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX incoming_mails_by_time ON incoming_mails (tenant_id, came_at, id);
CREATE INDEX incoming_mails_by_state ON incoming_mails (tenant_id, state, came_at, id);
CREATE INDEX incoming_mails_by_ticket ON incoming_mails (tenant_id, ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX incoming_mail_settings_by_category ON incoming_mail_settings (tenant_id, category_id);
CREATE INDEX incoming_mail_settings_by_client ON incoming_mail_settings (tenant_id, unknown_client_id);
