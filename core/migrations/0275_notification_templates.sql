-- What a provider says in his own words: every version of a text by kind, project and language, of which one is in force,
-- or none where he went back to the text that the kind comes with. And the kinds that he does not send.

CREATE TABLE notification_templates (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    kind text NOT NULL CHECK (kind <> ''),
    project_id bigint,
    language text NOT NULL CHECK (language <> ''),
    version int NOT NULL CHECK (version > 0),
    subject text NOT NULL,
    text text NOT NULL,
    short text NOT NULL DEFAULT '',
    is_default boolean NOT NULL DEFAULT false,
    is_current boolean NOT NULL DEFAULT true,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE NULLS NOT DISTINCT (tenant_id, kind, project_id, language, version),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id) ON DELETE CASCADE,
    CHECK (is_default OR (subject <> '' AND text <> ''))
);

CREATE UNIQUE INDEX notification_templates_in_force ON notification_templates (tenant_id, kind, project_id, language)
    NULLS NOT DISTINCT WHERE is_current;

CREATE TABLE notification_switches (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    kind text NOT NULL CHECK (kind <> ''),
    is_on boolean NOT NULL,
    PRIMARY KEY (tenant_id, kind)
);
