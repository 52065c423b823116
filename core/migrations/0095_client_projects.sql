-- The projects in which a client has an account. The one it is registered in (clients.project_id) is always among them:
-- triggers write it whoever registers or moves a client, and refuse to take it away.

CREATE TABLE client_projects (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    project_id bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_by text NOT NULL DEFAULT '',
    credit_limit bigint CHECK (credit_limit >= 0),
    registered_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, client_id, project_id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
);
-- The list of a project, and of whoever is limited to it, is the beginning of a range here. `registered_at` is the
-- client's, as in `group_members`.
CREATE INDEX client_projects_by_registration ON client_projects (tenant_id, project_id, registered_at, client_id);

CREATE TRIGGER client_projects_registered BEFORE INSERT ON client_projects
    FOR EACH ROW EXECUTE FUNCTION group_members_registered();

CREATE FUNCTION clients_first_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO client_projects (tenant_id, client_id, project_id, opened_at)
    SELECT c.tenant_id, c.id, c.project_id, c.registered_at FROM added c;
    RETURN NULL;
END $$;
CREATE TRIGGER clients_first_project AFTER INSERT ON clients REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION clients_first_project();

-- A client that is moved takes its account along, unless it has one in the other project already: then both stay, and
-- only the home is another one.
CREATE FUNCTION client_projects_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM after n JOIN before o ON o.tenant_id = n.tenant_id AND o.id = n.id
               WHERE n.registered_at <> o.registered_at) THEN
        UPDATE client_projects p SET registered_at = n.registered_at FROM after n
         WHERE p.tenant_id = n.tenant_id AND p.client_id = n.id AND p.registered_at <> n.registered_at;
    END IF;
    UPDATE client_projects p SET project_id = n.project_id
      FROM after n JOIN before o ON o.tenant_id = n.tenant_id AND o.id = n.id AND o.project_id <> n.project_id
     WHERE p.tenant_id = n.tenant_id AND p.client_id = n.id AND p.project_id = o.project_id
       AND NOT EXISTS (SELECT FROM client_projects other WHERE other.tenant_id = n.tenant_id
                          AND other.client_id = n.id AND other.project_id = n.project_id);
    RETURN NULL;
END $$;
CREATE TRIGGER client_projects_follow AFTER UPDATE ON clients REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION client_projects_follow();

-- Those who are there already. The owner of the tables reads all providers for that; the wall is put up again at the
-- end of the migration, as after every one.
ALTER TABLE clients NO FORCE ROW LEVEL SECURITY;
INSERT INTO client_projects (tenant_id, client_id, project_id, opened_at)
SELECT tenant_id, id, project_id, registered_at FROM clients;

ANALYZE client_projects;

-- No account of a home is taken away, unless the client is gone, or was merged into another one and is in no project.
CREATE FUNCTION client_projects_home_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM clients c WHERE c.tenant_id = OLD.tenant_id AND c.id = OLD.client_id
                  AND c.project_id = OLD.project_id AND c.merged_into_id IS NULL)
       AND NOT EXISTS (SELECT FROM client_projects p WHERE p.tenant_id = OLD.tenant_id
                          AND p.client_id = OLD.client_id AND p.project_id = OLD.project_id) THEN
        RAISE EXCEPTION 'a client has an account in its home' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER client_projects_home_stays AFTER DELETE OR UPDATE OF client_id, project_id ON client_projects
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION client_projects_home_stays();
