-- What clients promise to pay until a day: dunning waits so long, and the account may owe so much more.

-- `left_units` of it are not paid yet; while a promise is open the account may owe them. `ended_on`: the first day on
-- which it holds no more, when it was kept or withdrawn. `woken`: so many services went on because of it.
CREATE TABLE promised_payments (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    client_id bigint NOT NULL,
    account_id bigint NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'kept', 'broken', 'withdrawn')),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    units bigint NOT NULL CHECK (units > 0 AND units < 1000000000000000),
    left_units bigint NOT NULL CHECK (left_units >= 0 AND left_units <= units),
    from_day date NOT NULL,
    until_day date NOT NULL CHECK (until_day >= from_day),
    ended_on date,
    woken int NOT NULL DEFAULT 0,
    is_own boolean NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, client_id) REFERENCES clients (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, account_id) REFERENCES client_projects (tenant_id, id)
);
CREATE UNIQUE INDEX promised_payments_open ON promised_payments (tenant_id, account_id) WHERE state = 'open';
CREATE INDEX promised_payments_by_account ON promised_payments (tenant_id, account_id, from_day, id);
CREATE INDEX promised_payments_by_client ON promised_payments (tenant_id, client_id, from_day, id);

-- What clients may promise by themselves: amounts by currency, none where there is none.
ALTER TABLE dunning_settings
    ADD COLUMN promise_most jsonb NOT NULL DEFAULT '{}'
        CHECK (promise_most::text ~ '^\{("[A-Z]{3}": [0-9]+(, )?)*\}$'),
    ADD COLUMN promise_days int NOT NULL DEFAULT 7 CHECK (promise_days BETWEEN 1 AND 60),
    ADD COLUMN promise_every int NOT NULL DEFAULT 30 CHECK (promise_every BETWEEN 0 AND 366),
    ADD COLUMN promise_age int NOT NULL DEFAULT 30 CHECK (promise_age BETWEEN 0 AND 3660);
