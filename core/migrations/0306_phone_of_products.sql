-- Telephone numbers that are asked for before certain products are ordered, and otherwise in some projects.
ALTER TABLE products ADD COLUMN asks_phone boolean NOT NULL DEFAULT false;

CREATE TABLE phone_projects (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    project_id bigint NOT NULL,
    registration text NOT NULL DEFAULT 'usual' CHECK (registration IN ('usual', 'never', 'new', 'all')),
    registration_since timestamptz,
    paying text NOT NULL DEFAULT 'usual' CHECK (paying IN ('usual', 'yes', 'no')),
    products boolean NOT NULL DEFAULT true,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, project_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id) ON DELETE CASCADE
);
