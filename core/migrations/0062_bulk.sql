-- The clients that a task is about, chosen when it began, some hundreds in a row.

CREATE TABLE task_clients (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    task_id bigint NOT NULL,
    part int NOT NULL,
    codes bigint[] NOT NULL,
    PRIMARY KEY (tenant_id, task_id, part),
    FOREIGN KEY (tenant_id, task_id) REFERENCES tasks (tenant_id, id) ON DELETE CASCADE
);
