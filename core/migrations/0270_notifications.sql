-- What is to be told to somebody, written in the transaction that has the reason: the outbox. A worker decides after the
-- commit by which channels it goes, and writes a delivery for each. Of a secret kind nothing is kept in the clear, and
-- nothing at all once it was sent.
CREATE TABLE notifications (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    kind text NOT NULL CHECK (kind <> ''),
    key text CHECK (key <> ''),
    client_id bigint,
    project_id bigint,
    person_id bigint,
    address text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '',
    locale text NOT NULL DEFAULT '',
    about_kind text NOT NULL DEFAULT '',
    about_id bigint,
    data jsonb NOT NULL DEFAULT '{}',
    sealed text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'handed_out')),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, kind, key),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id) ON DELETE SET NULL (project_id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE SET NULL (person_id)
);
CREATE INDEX notifications_that_wait ON notifications (tenant_id, id) WHERE state = 'waiting';
CREATE INDEX notifications_by_time ON notifications (tenant_id, created_at, id);
CREATE INDEX notifications_by_client ON notifications (tenant_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX notifications_by_project ON notifications (tenant_id, project_id) WHERE project_id IS NOT NULL;
CREATE INDEX notifications_by_person ON notifications (tenant_id, person_id) WHERE person_id IS NOT NULL;

-- One notification by one channel to one person. `key` is what the world outside knows it by (its Message-ID), the same
-- at all attempts. `next_at` is when it is tried next, `claimed_by` the job that is trying it, and
-- of those in one `lane` none overtakes an earlier one.
CREATE TABLE deliveries (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    notification_id bigint NOT NULL,
    key uuid NOT NULL DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind <> ''),
    channel text NOT NULL CHECK (channel <> ''),
    medium text NOT NULL CHECK (medium IN ('mail', 'sms', 'webhook', 'panel')),
    client_id bigint,
    person_id bigint,
    lane text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '',
    locale text NOT NULL DEFAULT '',
    template text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    text text NOT NULL DEFAULT '',
    html text NOT NULL DEFAULT '',
    short text NOT NULL DEFAULT '',
    head jsonb NOT NULL DEFAULT '{}',
    sealed text NOT NULL DEFAULT '',
    is_secret boolean NOT NULL DEFAULT false,
    state text NOT NULL CHECK (state IN ('waiting', 'sent', 'retrying', 'dead', 'skipped')),
    reason text NOT NULL DEFAULT '',
    said text NOT NULL DEFAULT '',
    attempts int NOT NULL DEFAULT 0,
    next_at timestamptz,
    claimed_by uuid,
    again_of bigint,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL DEFAULT '',
    ended_at timestamptz,
    read_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, key),
    CHECK ((state IN ('waiting', 'retrying')) = (ended_at IS NULL)),
    CHECK ((state IN ('waiting', 'retrying')) = (next_at IS NOT NULL)),
    FOREIGN KEY (tenant_id, notification_id) REFERENCES notifications (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE SET NULL (person_id)
);
CREATE INDEX deliveries_due ON deliveries (tenant_id, channel, next_at, id) WHERE state IN ('waiting', 'retrying');
CREATE INDEX deliveries_open_by_lane ON deliveries (tenant_id, channel, lane, id)
    WHERE state IN ('waiting', 'retrying');
CREATE INDEX deliveries_of_notification ON deliveries (tenant_id, notification_id, id);
CREATE INDEX deliveries_by_time ON deliveries (tenant_id, created_at, id);
CREATE INDEX deliveries_by_state ON deliveries (tenant_id, state, created_at, id);
CREATE INDEX deliveries_by_kind ON deliveries (tenant_id, kind, created_at, id);
CREATE INDEX deliveries_by_channel ON deliveries (tenant_id, channel, created_at, id);
CREATE INDEX deliveries_by_client ON deliveries (tenant_id, client_id, created_at, id) WHERE client_id IS NOT NULL;
CREATE INDEX deliveries_by_person ON deliveries (tenant_id, person_id, created_at, id) WHERE person_id IS NOT NULL;
CREATE INDEX deliveries_unread ON deliveries (tenant_id, person_id, id)
    WHERE medium = 'panel' AND state = 'sent' AND read_at IS NULL;

-- Each time a delivery was tried, and what the other side said.
CREATE TABLE delivery_attempts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    delivery_id bigint NOT NULL,
    number int NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL,
    result text NOT NULL CHECK (result IN ('taken', 'later', 'refused')),
    said text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES deliveries (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX delivery_attempts_of ON delivery_attempts (tenant_id, delivery_id, id);

-- What people do not want to be told any more, by the person where one is known and by the address.
CREATE TABLE notification_optouts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    kind text NOT NULL CHECK (kind <> ''),
    medium text NOT NULL CHECK (medium IN ('mail', 'sms', 'panel')),
    person_id bigint,
    address_folded text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK ((person_id IS NULL) = (address_folded <> '')),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX notification_optouts_of_person ON notification_optouts (tenant_id, person_id, kind, medium)
    WHERE person_id IS NOT NULL;
CREATE UNIQUE INDEX notification_optouts_of_address ON notification_optouts (tenant_id, address_folded, kind, medium)
    WHERE person_id IS NULL;
