-- Files of messages in tickets, and what of them a provider takes. Without `endings` all kinds that are known.

CREATE TABLE ticket_attachments (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    message_id bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    kind text NOT NULL CHECK (kind <> ''),
    size int NOT NULL CHECK (size > 0),
    content bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, message_id) REFERENCES ticket_messages (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX ticket_attachments_by_message ON ticket_attachments (tenant_id, message_id, id);

CREATE TABLE attachment_settings (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT 1 CHECK (id = 1),
    most_files int NOT NULL DEFAULT 5 CHECK (most_files BETWEEN 0 AND 10),
    most_megabytes int NOT NULL DEFAULT 5 CHECK (most_megabytes BETWEEN 1 AND 10),
    endings text[] NOT NULL DEFAULT '{}',
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id)
);

-- A response template may be for one department.
ALTER TABLE response_templates ADD COLUMN department_id bigint,
    ADD FOREIGN KEY (tenant_id, department_id) REFERENCES departments (tenant_id, id) ON DELETE CASCADE,
    ADD CHECK (num_nonnulls(staff_id, department_id) <= 1);
DROP INDEX response_templates_shared_name_folded;
CREATE UNIQUE INDEX response_templates_shared_name_folded ON response_templates (tenant_id, name_folded)
    WHERE staff_id IS NULL AND department_id IS NULL;
CREATE UNIQUE INDEX response_templates_department_name_folded
    ON response_templates (tenant_id, department_id, name_folded);
