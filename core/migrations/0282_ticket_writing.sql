-- Who of the staff is writing an answer right now, until when that counts, and what he has written so far.
CREATE TABLE ticket_drafts (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    ticket_id bigint NOT NULL,
    staff_id bigint NOT NULL,
    text text NOT NULL DEFAULT '',
    until timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, ticket_id, staff_id),
    FOREIGN KEY (tenant_id, ticket_id) REFERENCES tickets (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ticket_drafts_by_staff ON ticket_drafts (tenant_id, staff_id);
