-- The project of the host that somebody signed up at: the client registers there. None is the default one.
ALTER TABLE sign_ups ADD COLUMN project_id bigint;
ALTER TABLE sign_ups ADD FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id)
    ON DELETE SET NULL (project_id);
CREATE INDEX sign_ups_by_project ON sign_ups (tenant_id, project_id) WHERE project_id IS NOT NULL;
