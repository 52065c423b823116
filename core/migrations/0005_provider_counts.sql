-- How many clients and staff a provider has: for the platform's lists, which see no row of a provider, and as the
-- one row that two transactions cannot both pass when an edition sets a limit.

CREATE TABLE provider_counts (
    provider_id bigint NOT NULL REFERENCES providers (id),
    noun text NOT NULL CHECK (noun IN ('clients', 'staff')),
    number bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (provider_id, noun)
);

CREATE FUNCTION count_provider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO provider_counts (provider_id, noun) VALUES (NEW.id, 'clients'), (NEW.id, 'staff');
    RETURN NULL;
END $$;
CREATE TRIGGER count_provider AFTER INSERT ON providers FOR EACH ROW EXECUTE FUNCTION count_provider();

CREATE FUNCTION count_clients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE provider_counts p
       SET number = p.number + CASE TG_OP WHEN 'INSERT' THEN rows.number ELSE -rows.number END
      FROM (SELECT tenant_id, count(*) AS number FROM changed GROUP BY tenant_id) rows
     WHERE p.provider_id = rows.tenant_id AND p.noun = 'clients';
    RETURN NULL;
END $$;
CREATE TRIGGER count_clients_added AFTER INSERT ON clients REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_clients();
CREATE TRIGGER count_clients_deleted AFTER DELETE ON clients REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION count_clients();

-- Only staff who are in: somebody who was removed stays a row.
CREATE FUNCTION count_staff() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    difference int := (CASE WHEN TG_OP <> 'DELETE' AND NEW.state = 'active' THEN 1 ELSE 0 END)
                    - (CASE WHEN TG_OP <> 'INSERT' AND OLD.state = 'active' THEN 1 ELSE 0 END);
BEGIN
    IF difference <> 0 THEN
        UPDATE provider_counts SET number = number + difference
         WHERE provider_id = COALESCE(NEW.tenant_id, OLD.tenant_id) AND noun = 'staff';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_staff AFTER INSERT OR UPDATE OR DELETE ON staff
    FOR EACH ROW EXECUTE FUNCTION count_staff();
