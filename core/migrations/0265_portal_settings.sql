-- What users of clients may do with their services by themselves, and what they did: that alone they take back.

CREATE TABLE portal_settings (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT 1 CHECK (id = 1),
    may_renew boolean NOT NULL DEFAULT false,
    may_change boolean NOT NULL DEFAULT false,
    may_cancel boolean NOT NULL DEFAULT false,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id)
);

ALTER TABLE services ADD COLUMN is_end_own boolean NOT NULL DEFAULT false;
ALTER TABLE service_changes ADD COLUMN is_own boolean NOT NULL DEFAULT false;
