-- Tickets: who answers them (departments), where they belong (categories), where they stand (statuses), and what is said.

-- A closed department's tickets are for its members only. `hours` are seven days from Monday, such as
-- "09:00-18:00" or "" for a day off; none at all is round the clock.
CREATE TABLE departments (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    is_closed boolean NOT NULL DEFAULT false,
    hours jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(hours) = 'array' AND jsonb_array_length(hours) IN (0, 7)),
    position int NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded)
);

CREATE TABLE department_members (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    department_id bigint NOT NULL,
    staff_id bigint NOT NULL,
    level text NOT NULL CHECK (level IN ('read', 'answer', 'lead')),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, department_id, staff_id),
    FOREIGN KEY (tenant_id, department_id) REFERENCES departments (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX department_members_by_staff ON department_members (tenant_id, staff_id);

-- `prices` are net amounts by currency, charged once for a ticket or for each message of the client, as `priced_per` says.
CREATE TABLE ticket_categories (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name_en text NOT NULL CHECK (name_en <> ''),
    name_fr text NOT NULL CHECK (name_fr <> ''),
    department_id bigint NOT NULL,
    project_id bigint,
    is_on boolean NOT NULL DEFAULT true,
    is_shown boolean NOT NULL DEFAULT true,
    priced_per text NOT NULL DEFAULT '' CHECK (priced_per IN ('', 'ticket', 'message')),
    prices jsonb NOT NULL DEFAULT '{}' CHECK (prices::text ~ '^\{("[A-Z]{3}": [0-9]+(, )?)*\}$'),
    position int NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, department_id) REFERENCES departments (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
CREATE INDEX ticket_categories_by_department ON ticket_categories (tenant_id, department_id);
CREATE INDEX ticket_categories_by_project ON ticket_categories (tenant_id, project_id);

-- A category with product types is offered to clients who have a service of one of them.
CREATE TABLE ticket_category_types (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    category_id bigint NOT NULL,
    type_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, category_id, type_id),
    FOREIGN KEY (tenant_id, category_id) REFERENCES ticket_categories (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, type_id) REFERENCES product_types (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ticket_category_types_by_type ON ticket_category_types (tenant_id, type_id);

-- Further names for states, such as "waiting for the data centre" for tickets that wait for staff. `shown_...` is what
-- clients read; without it they read what the state is called.
CREATE TABLE ticket_statuses (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    state text NOT NULL CHECK (state IN ('new', 'open', 'waiting_client', 'waiting_staff', 'closed')),
    name_en text NOT NULL CHECK (name_en <> ''),
    name_fr text NOT NULL CHECK (name_fr <> ''),
    shown_en text NOT NULL DEFAULT '',
    shown_fr text NOT NULL DEFAULT '',
    position int NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id)
);

-- `waiting_since`: from when on the client waits for us; null when he does not. `changed_at`: when something public was
-- said or decided last. `returns_to_staff_id`: to whom a reply of the client brings the ticket.
CREATE TABLE tickets (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    number bigint NOT NULL CHECK (number > 0),
    key text NOT NULL CHECK (key <> ''),
    client_id bigint NOT NULL,
    project_id bigint NOT NULL,
    category_id bigint,
    department_id bigint,
    subject text NOT NULL CHECK (subject <> ''),
    subject_folded text COLLATE "C" NOT NULL GENERATED ALWAYS AS (left(fold(subject), 200)) STORED,
    state text NOT NULL CHECK (state IN ('new', 'open', 'waiting_client', 'waiting_staff', 'closed')),
    status_id bigint,
    priority text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    language text NOT NULL,
    assignee_id bigint,
    returns_to_staff_id bigint,
    service_id bigint,
    invoice_id bigint,
    opened_side text NOT NULL CHECK (opened_side IN ('client', 'staff')),
    opened_by text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    waiting_since timestamptz,
    first_answered_at timestamptz,
    closed_at timestamptz,
    merged_into_id bigint,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, number),
    UNIQUE (tenant_id, key),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CHECK (merged_into_id IS NULL OR (state = 'closed' AND merged_into_id <> id)),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id),
    FOREIGN KEY (tenant_id, category_id) REFERENCES ticket_categories (tenant_id, id),
    FOREIGN KEY (tenant_id, department_id) REFERENCES departments (tenant_id, id),
    FOREIGN KEY (tenant_id, status_id) REFERENCES ticket_statuses (tenant_id, id),
    FOREIGN KEY (tenant_id, assignee_id) REFERENCES staff (tenant_id, id),
    FOREIGN KEY (tenant_id, returns_to_staff_id) REFERENCES staff (tenant_id, id),
    FOREIGN KEY (tenant_id, service_id) REFERENCES services (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices (tenant_id, id),
    FOREIGN KEY (tenant_id, merged_into_id) REFERENCES tickets (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX tickets_by_time ON tickets (tenant_id, changed_at, id);
CREATE INDEX tickets_by_client ON tickets (tenant_id, client_id, changed_at, id);
CREATE INDEX tickets_by_project ON tickets (tenant_id, project_id, changed_at, id);
CREATE INDEX tickets_by_category ON tickets (tenant_id, category_id, changed_at, id);
CREATE INDEX tickets_by_department ON tickets (tenant_id, department_id, changed_at, id);
CREATE INDEX tickets_by_status ON tickets (tenant_id, status_id) WHERE status_id IS NOT NULL;
CREATE INDEX tickets_by_subject ON tickets (tenant_id, subject_folded, id);
CREATE INDEX tickets_by_service ON tickets (tenant_id, service_id) WHERE service_id IS NOT NULL;
CREATE INDEX tickets_by_invoice ON tickets (tenant_id, invoice_id) WHERE invoice_id IS NOT NULL;
CREATE INDEX tickets_by_return ON tickets (tenant_id, returns_to_staff_id) WHERE returns_to_staff_id IS NOT NULL;
CREATE INDEX tickets_by_merge ON tickets (tenant_id, merged_into_id) WHERE merged_into_id IS NOT NULL;
CREATE INDEX tickets_by_state ON tickets (tenant_id, state, changed_at, id);
CREATE INDEX tickets_by_assignee ON tickets (tenant_id, assignee_id, changed_at, id);
CREATE INDEX tickets_at_work ON tickets (tenant_id, assignee_id, changed_at, id) WHERE closed_at IS NULL;
CREATE INDEX tickets_waiting ON tickets (tenant_id, waiting_since, id) WHERE waiting_since IS NOT NULL;

-- One entry of a ticket, in Markdown. A note is for staff only and never leaves them. `staff_id` and `person_id` say who
-- wrote it; both are null for what came by itself.
CREATE TABLE ticket_messages (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    ticket_id bigint NOT NULL,
    key text NOT NULL CHECK (key <> ''),
    side text NOT NULL CHECK (side IN ('client', 'staff')),
    is_note boolean NOT NULL DEFAULT false,
    origin text NOT NULL DEFAULT 'page' CHECK (origin IN ('page', 'api', 'mail', 'message')),
    staff_id bigint,
    person_id bigint,
    author_name text NOT NULL,
    text text NOT NULL CHECK (text <> ''),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    CHECK (NOT is_note OR side = 'staff'),
    FOREIGN KEY (tenant_id, ticket_id) REFERENCES tickets (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE SET NULL (person_id)
);
CREATE INDEX ticket_messages_by_ticket ON ticket_messages (tenant_id, ticket_id, created_at, id);
CREATE INDEX ticket_messages_by_staff ON ticket_messages (tenant_id, staff_id) WHERE staff_id IS NOT NULL;
CREATE INDEX ticket_messages_by_person ON ticket_messages (tenant_id, person_id) WHERE person_id IS NOT NULL;

-- Who of the staff wants to hear of a ticket besides its assignee.
CREATE TABLE ticket_watchers (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    ticket_id bigint NOT NULL,
    staff_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, ticket_id, staff_id),
    FOREIGN KEY (tenant_id, ticket_id) REFERENCES tickets (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ticket_watchers_by_staff ON ticket_watchers (tenant_id, staff_id);

-- Filters are saved for the list of tickets too.
ALTER TABLE list_filters DROP CONSTRAINT list_filters_list_check,
    ADD CONSTRAINT list_filters_list_check CHECK (list IN ('accounts', 'activity', 'contracts', 'expenses', 'invoices',
                                                           'offers', 'payers', 'payments', 'services', 'tickets', 'users'));
