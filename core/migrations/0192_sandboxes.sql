-- Providers to try things in, which can be ahead of the calendar. One is a sandbox from its opening on, or never.
ALTER TABLE providers ADD COLUMN is_sandbox boolean NOT NULL DEFAULT false;
ALTER TABLE providers ADD COLUMN days_ahead int NOT NULL DEFAULT 0 CHECK (days_ahead BETWEEN 0 AND 3660);
ALTER TABLE providers ADD CHECK (is_sandbox OR days_ahead = 0);

CREATE FUNCTION providers_keep_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NULLIF(current_setting('app.tenant_id', true), '')::bigint <> 0
       AND (NEW.is_sandbox IS DISTINCT FROM OLD.is_sandbox OR NEW.days_ahead < OLD.days_ahead) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a provider is a sandbox from its opening on, and time goes forward';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER providers_keep_time BEFORE UPDATE ON providers FOR EACH ROW EXECUTE FUNCTION providers_keep_time();
