-- Messages to clients: one text in several languages to everybody who was chosen, as a ticket for each.

-- `choice` says who was chosen; who that is, is fixed when the message is sent.
-- `author_id` is who of the staff wrote it.
CREATE TABLE mass_messages (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    category_id bigint,
    choice jsonb NOT NULL CHECK (choice ? 'codes' OR choice ? 'filter'),
    is_news boolean NOT NULL DEFAULT false,
    returns_to_author boolean NOT NULL DEFAULT false,
    only_matching boolean NOT NULL DEFAULT false,
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'started', 'withdrawn')),
    send_at timestamptz,
    task_id bigint,
    author_id bigint,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    CHECK ((state = 'draft') = (started_at IS NULL)),
    FOREIGN KEY (tenant_id, category_id) REFERENCES ticket_categories (tenant_id, id) ON DELETE SET NULL (category_id),
    FOREIGN KEY (tenant_id, author_id) REFERENCES staff (tenant_id, id),
    FOREIGN KEY (tenant_id, task_id) REFERENCES tasks (tenant_id, id) ON DELETE SET NULL (task_id)
);
CREATE INDEX mass_messages_by_category ON mass_messages (tenant_id, category_id) WHERE category_id IS NOT NULL;
CREATE INDEX mass_messages_by_author ON mass_messages (tenant_id, author_id) WHERE author_id IS NOT NULL;
CREATE INDEX mass_messages_by_task ON mass_messages (tenant_id, task_id) WHERE task_id IS NOT NULL;

CREATE TABLE mass_message_texts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    message_id bigint NOT NULL,
    language text NOT NULL CHECK (language <> ''),
    subject text NOT NULL CHECK (subject <> ''),
    text text NOT NULL CHECK (text <> ''),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, message_id, language),
    FOREIGN KEY (tenant_id, message_id) REFERENCES mass_messages (tenant_id, id) ON DELETE CASCADE
);

-- What became of each client who was chosen. A ticket is opened in the transaction that changes the state, so once.
CREATE TABLE mass_message_recipients (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    message_id bigint NOT NULL,
    client_id bigint NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'skipped')),
    reason text NOT NULL DEFAULT '' CHECK (reason IN ('', 'gone', 'closed', 'no_address', 'language', 'news', 'text')),
    language text NOT NULL DEFAULT '',
    ticket_id bigint,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, message_id, client_id),
    CHECK ((state = 'skipped') = (reason <> '')),
    FOREIGN KEY (tenant_id, message_id) REFERENCES mass_messages (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, ticket_id) REFERENCES tickets (tenant_id, id) ON DELETE SET NULL (ticket_id)
);
CREATE INDEX mass_message_recipients_waiting ON mass_message_recipients (tenant_id, message_id, client_id)
    WHERE state = 'waiting';
CREATE INDEX mass_message_recipients_by_client ON mass_message_recipients (tenant_id, client_id);
CREATE INDEX mass_message_recipients_by_ticket ON mass_message_recipients (tenant_id, ticket_id)
    WHERE ticket_id IS NOT NULL;
