-- Account groups by rule: the rules, whom a rule leaves out, why somebody is a member, and whom to look at again.

ALTER TABLE group_members
    ADD COLUMN is_manual boolean NOT NULL DEFAULT true,
    ADD COLUMN is_by_rule boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT group_members_why CHECK (is_manual OR is_by_rule);

-- `asked_at`: since when a run over all clients waits for a worker. `trouble`: why the last one changed nobody.
CREATE TABLE group_rules (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    group_id bigint NOT NULL,
    rule jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    asked_at timestamptz,
    ran_at timestamptz,
    joined bigint NOT NULL DEFAULT 0,
    gone bigint NOT NULL DEFAULT 0,
    trouble text NOT NULL DEFAULT '',
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, group_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES account_groups (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE group_exclusions (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    group_id bigint NOT NULL,
    client_id bigint NOT NULL,
    excluded_at timestamptz NOT NULL,
    excluded_by text NOT NULL,
    PRIMARY KEY (tenant_id, group_id, client_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES account_groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX group_exclusions_by_client ON group_exclusions (tenant_id, client_id);

-- Clients that changed since rules looked at them. A row a change, so that two who change the same client do not wait
-- for each other.
CREATE TABLE rule_candidates (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    client_id bigint NOT NULL,
    id bigint NOT NULL DEFAULT new_id(),
    PRIMARY KEY (tenant_id, client_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE
);

-- A member made by a rule brings the date of registration along, which the rule has read anyway.
CREATE OR REPLACE FUNCTION group_members_registered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.registered_at IS NULL THEN
        NEW.registered_at := coalesce(
            (SELECT c.registered_at FROM clients c WHERE c.tenant_id = NEW.tenant_id AND c.id = NEW.client_id),
            'epoch');
    END IF;
    RETURN NEW;
END $$;

-- One job for a transaction, however much it changes. It has no name to be told apart by: who changes clients would
-- wait for another one's commit then.
CREATE FUNCTION ask_for_group_rules() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('app.rules_asked', true), '') <> 'yes' THEN
        PERFORM queue.enqueue('group_rules.changed', '{}', NULL, NULL, NULL);
        PERFORM set_config('app.rules_asked', 'yes', true);
    END IF;
END $$;

CREATE FUNCTION has_group_rules() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM group_rules r
                    WHERE r.tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::bigint)
$$;

CREATE FUNCTION note_changed_clients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) AND has_group_rules() THEN
        INSERT INTO rule_candidates (tenant_id, client_id) SELECT n.tenant_id, n.id FROM changed n;
        PERFORM ask_for_group_rules();
    END IF;
    RETURN NULL;
END $$;

-- The same for tables of what clients have. A client that is being deleted is no candidate.
CREATE FUNCTION note_clients_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) AND has_group_rules() THEN
        INSERT INTO rule_candidates (tenant_id, client_id)
        SELECT DISTINCT n.tenant_id, n.client_id
          FROM changed n JOIN clients c ON c.tenant_id = n.tenant_id AND c.id = n.client_id;
        PERFORM ask_for_group_rules();
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER clients_added_to_rules AFTER INSERT ON clients REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_clients();
CREATE TRIGGER clients_changed_to_rules AFTER UPDATE ON clients REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_clients();
CREATE TRIGGER client_field_values_added_to_rules AFTER INSERT ON client_field_values
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_clients_of_changed();
CREATE TRIGGER client_field_values_changed_to_rules AFTER UPDATE ON client_field_values
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_clients_of_changed();
CREATE TRIGGER client_field_values_deleted_to_rules AFTER DELETE ON client_field_values
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_clients_of_changed();
CREATE TRIGGER memberships_added_to_rules AFTER INSERT ON memberships
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_clients_of_changed();
CREATE TRIGGER memberships_changed_to_rules AFTER UPDATE ON memberships
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_clients_of_changed();
CREATE TRIGGER memberships_deleted_to_rules AFTER DELETE ON memberships
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_clients_of_changed();
CREATE TRIGGER payers_added_to_rules AFTER INSERT ON payers
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_clients_of_changed();
CREATE TRIGGER payers_changed_to_rules AFTER UPDATE ON payers
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_clients_of_changed();
CREATE TRIGGER payers_deleted_to_rules AFTER DELETE ON payers
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_clients_of_changed();

-- The activity of the whole provider leaves out who came and went by a rule: the run is told, and each client's own.
CREATE INDEX audit_entries_but_by_rule ON audit_entries (tenant_id, at DESC, id DESC)
    WHERE action NOT IN ('group:joined_by_rule', 'group:left_by_rule');
