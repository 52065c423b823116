-- How far each service is billed, apart from what it is: this moves with every period, and a row of three figures with
-- two indexes is written in a fifth of the time that a whole service takes.

-- `id` is the service's. `periods` of it are billed, counted from its anchor; `next_on` is the first day of the next
-- one, null when none comes; `parked` is what that waits for.
CREATE TABLE service_dues (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL,
    periods int NOT NULL DEFAULT 0 CHECK (periods >= 0),
    next_on date,
    parked text NOT NULL DEFAULT '' CHECK (parked IN ('', 'funds')),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES services (tenant_id, id)
);
INSERT INTO service_dues (tenant_id, id, periods, next_on, parked)
SELECT tenant_id, id, periods, next_on, parked FROM services;
CREATE INDEX service_dues_by_day ON service_dues (tenant_id, next_on, id) WHERE next_on IS NOT NULL;
CREATE INDEX service_dues_parked ON service_dues (tenant_id, next_on, id) WHERE parked <> '';

DROP INDEX services_due;
ALTER TABLE services DROP COLUMN periods, DROP COLUMN next_on, DROP COLUMN parked;
CREATE INDEX services_recurring ON services (tenant_id, account_id) WHERE state = 'active' AND period_unit <> '';
