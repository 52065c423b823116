-- Which plugins a provider has switched on, and how they are set up. Secrets are sealed by the application.

CREATE TABLE plugin_settings (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    plugin text NOT NULL CHECK (plugin ~ '^[a-z][a-z0-9_-]{0,62}$'),
    enabled boolean NOT NULL DEFAULT false,
    settings jsonb NOT NULL DEFAULT '{}',
    sealed text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, plugin)
);
