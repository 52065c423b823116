-- What is sold: types of products, products, their plans, and the addons that ride on them. Prices stand in numbered
-- lists of a plan; one that was published never changes, whoever asks.

CREATE TABLE product_types (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    position int NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded)
);

-- `stock` is what is left, null where there is no end to it.
CREATE TABLE products (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    type_id bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 60),
    description text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'hidden' CHECK (state IN ('on_sale', 'hidden', 'withdrawn')),
    is_for_all_projects boolean NOT NULL DEFAULT true,
    is_for_all_groups boolean NOT NULL DEFAULT true,
    stock int CHECK (stock >= 0),
    most_per_client int CHECK (most_per_client > 0),
    trial_days int NOT NULL DEFAULT 0 CHECK (trial_days BETWEEN 0 AND 366),
    position int NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name_folded),
    UNIQUE (tenant_id, code),
    FOREIGN KEY (tenant_id, type_id) REFERENCES product_types (tenant_id, id)
);
CREATE INDEX products_by_type ON products (tenant_id, type_id, position, id);

-- Where a product is not for all: the projects it is sold in, and the account groups it is sold to.
CREATE TABLE product_projects (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    product_id bigint NOT NULL,
    project_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, product_id, project_id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX product_projects_by_project ON product_projects (tenant_id, project_id);

CREATE TABLE product_groups (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    product_id bigint NOT NULL,
    group_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, product_id, group_id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, group_id) REFERENCES account_groups (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX product_groups_by_group ON product_groups (tenant_id, group_id);

CREATE TABLE plans (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    product_id bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    description text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'hidden' CHECK (state IN ('on_sale', 'hidden', 'withdrawn')),
    position int NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, product_id, name_folded),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);

CREATE TABLE addons (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    product_id bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    kind text NOT NULL CHECK (kind IN ('quantity', 'switch', 'choice')),
    unit text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    position int NOT NULL,
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, product_id, name_folded),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);

CREATE TABLE addon_choices (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    addon_id bigint NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    name_folded text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    position int NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, id, addon_id),
    UNIQUE (tenant_id, addon_id, name_folded),
    FOREIGN KEY (tenant_id, addon_id) REFERENCES addons (tenant_id, id) ON DELETE CASCADE
);

-- A draft until it is published. Of those whose `valid_from` has come, the one with the highest number is in force.
-- Calendar billing: who orders on day `next_from` of a month or later pays the next period with the rest of it.
CREATE TABLE price_lists (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    plan_id bigint NOT NULL,
    number int NOT NULL CHECK (number > 0),
    next_from int NOT NULL DEFAULT 0 CHECK (next_from BETWEEN 0 AND 31),
    valid_from date,
    published_at timestamptz,
    published_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version int NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, plan_id, number),
    FOREIGN KEY (tenant_id, plan_id) REFERENCES plans (tenant_id, id),
    CHECK ((valid_from IS NULL) = (published_at IS NULL))
);
CREATE UNIQUE INDEX price_lists_draft ON price_lists (tenant_id, plan_id) WHERE published_at IS NULL;

-- One way to pay for the plan. Prices are in minor units; what is paid once has no period ('' and 0).
CREATE TABLE prices (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    price_list_id bigint NOT NULL,
    billing text NOT NULL CHECK (billing IN ('once', 'period', 'calendar', 'daily')),
    period_count int NOT NULL DEFAULT 0,
    period_unit text NOT NULL DEFAULT '',
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    units bigint NOT NULL CHECK (units >= 0 AND units < 1000000000000000),
    setup_units bigint NOT NULL DEFAULT 0 CHECK (setup_units >= 0 AND setup_units < 1000000000000000),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, id, price_list_id),
    UNIQUE (tenant_id, price_list_id, currency, billing, period_unit, period_count),
    FOREIGN KEY (tenant_id, price_list_id) REFERENCES price_lists (tenant_id, id) ON DELETE CASCADE,
    CHECK (CASE billing WHEN 'once' THEN period_count = 0 AND period_unit = ''
                        WHEN 'daily' THEN period_count = 1 AND period_unit = 'day'
                        WHEN 'calendar' THEN period_count BETWEEN 1 AND 120 AND period_unit = 'month'
                        ELSE period_count BETWEEN 1 AND 120 AND period_unit IN ('day', 'month', 'year') END)
);

-- An addon as a price list offers it. How many of it there can be: `minimum` and every `step` more, up to `maximum`;
-- `included` of them cost nothing.
CREATE TABLE addon_offers (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    price_list_id bigint NOT NULL,
    addon_id bigint NOT NULL,
    included int NOT NULL DEFAULT 0 CHECK (included BETWEEN 0 AND 1000000),
    minimum int NOT NULL DEFAULT 0 CHECK (minimum BETWEEN 0 AND 1000000),
    maximum int NOT NULL DEFAULT 1000000 CHECK (maximum BETWEEN 1 AND 1000000),
    step int NOT NULL DEFAULT 1 CHECK (step BETWEEN 1 AND 1000000),
    stepping text NOT NULL DEFAULT 'each' CHECK (stepping IN ('each', 'all')),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, price_list_id, addon_id),
    FOREIGN KEY (tenant_id, price_list_id) REFERENCES price_lists (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, addon_id) REFERENCES addons (tenant_id, id) ON DELETE CASCADE,
    CHECK (minimum <= maximum)
);
CREATE INDEX addon_offers_by_addon ON addon_offers (tenant_id, addon_id);

-- What one of an addon costs with one of the prices of the list: from so many paid ones on, or with this choice.
CREATE TABLE addon_prices (
    tenant_id bigint NOT NULL DEFAULT NULLIF(current_setting('app.tenant_id', true), '')::bigint,
    id bigint NOT NULL DEFAULT new_id(),
    price_list_id bigint NOT NULL,
    price_id bigint NOT NULL,
    addon_id bigint NOT NULL,
    choice_id bigint,
    from_quantity int NOT NULL DEFAULT 1 CHECK (from_quantity BETWEEN 1 AND 1000000),
    units bigint NOT NULL CHECK (units >= 0 AND units < 1000000000000000),
    PRIMARY KEY (tenant_id, id),
    UNIQUE NULLS NOT DISTINCT (tenant_id, price_id, addon_id, choice_id, from_quantity),
    FOREIGN KEY (tenant_id, price_id, price_list_id) REFERENCES prices (tenant_id, id, price_list_id)
        ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, price_list_id, addon_id) REFERENCES addon_offers (tenant_id, price_list_id, addon_id)
        ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, choice_id, addon_id) REFERENCES addon_choices (tenant_id, id, addon_id)
        ON DELETE CASCADE,
    CHECK (choice_id IS NULL OR from_quantity = 1)
);
CREATE INDEX addon_prices_by_offer ON addon_prices (tenant_id, price_list_id, addon_id);
CREATE INDEX addon_prices_by_choice ON addon_prices (tenant_id, choice_id) WHERE choice_id IS NOT NULL;

CREATE FUNCTION price_lists_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        RAISE check_violation USING MESSAGE = 'a published price list does not change';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER price_lists_stay BEFORE UPDATE OR DELETE ON price_lists
    FOR EACH ROW EXECUTE FUNCTION price_lists_stay();

-- The same for what stands in a list. It is locked, so that nothing slips in while it is being published.
CREATE FUNCTION prices_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    published timestamptz;
    list record;
BEGIN
    FOR list IN SELECT DISTINCT l.id FROM unnest(ARRAY[
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.price_list_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.price_list_id END]) AS l (id) WHERE l.id IS NOT NULL
    LOOP
        SELECT published_at INTO published FROM price_lists
         WHERE tenant_id = coalesce(NEW.tenant_id, OLD.tenant_id) AND id = list.id FOR SHARE;
        IF published IS NOT NULL THEN
            RAISE check_violation USING MESSAGE = 'a published price list does not change';
        END IF;
    END LOOP;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER prices_stay BEFORE INSERT OR UPDATE OR DELETE ON prices
    FOR EACH ROW EXECUTE FUNCTION prices_stay();
CREATE TRIGGER addon_offers_stay BEFORE INSERT OR UPDATE OR DELETE ON addon_offers
    FOR EACH ROW EXECUTE FUNCTION prices_stay();
CREATE TRIGGER addon_prices_stay BEFORE INSERT OR UPDATE OR DELETE ON addon_prices
    FOR EACH ROW EXECUTE FUNCTION prices_stay();
