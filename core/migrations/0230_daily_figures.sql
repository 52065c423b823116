-- What the dashboard shows of days gone by, reckoned each night, so that no page adds up a provider's history.

-- What each service brought in a month when it was last looked at; what became of it since is new, more, less or lost.
CREATE TABLE monthly_values (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL,
    units bigint NOT NULL CHECK (units >= 0),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES services (tenant_id, id) ON DELETE CASCADE
);

-- One figure of a day: so many things that come to so much. Of one day there can be several, as after projects were
-- merged; they add up.
CREATE TABLE daily_figures (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    day date NOT NULL,
    project_id bigint NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    name text NOT NULL CHECK (name IN ('recurring', 'new', 'expansion', 'contraction', 'churn',
                                       'not_due', 'late_30', 'late_60', 'late_90', 'late_more')),
    units bigint NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX daily_figures_by_day ON daily_figures (tenant_id, day, name);
CREATE INDEX daily_figures_by_project ON daily_figures (tenant_id, project_id);

CREATE INDEX services_ended ON services (tenant_id, ends_on, id) WHERE state = 'ended';
