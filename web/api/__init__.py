"""The JSON API for the keys of a provider's staff: the same verbs as the pages, described in docs/api.md."""

from typing import Any

from web.api import (
    activity,
    attitudes,
    client_bulk,
    client_closing,
    client_merging,
    client_personal_data,
    client_projects,
    client_removal,
    client_users,
    clients,
    companies,
    company_parts,
    contract_templates,
    contracts,
    description,
    discounts,
    exports,
    fields,
    group_rules,
    groups,
    imports,
    list_filters,
    me,
    notes,
    payers,
    project_brands,
    project_merging,
    projects,
    search,
    segments,
    sign_up,
    staff,
    tasks,
    taxes,
    users,
)
from web.api.methods import Methods
from web.kit.idempotency import Idempotent

PATH, HOSTS = "/api", "provider"

OPTIONS: dict[str, Any] = {"middleware": [Idempotent, Methods]}

RESOURCES = (
    me,
    clients,
    client_bulk,
    client_closing,
    client_merging,
    client_personal_data,
    client_projects,
    client_removal,
    client_users,
    segments,
    list_filters,
    payers,
    groups,
    group_rules,
    projects,
    project_brands,
    project_merging,
    companies,
    company_parts,
    contract_templates,
    contracts,
    sign_up,
    attitudes,
    fields,
    notes,
    staff,
    search,
    activity,
    exports,
    imports,
    tasks,
    taxes,
    discounts,
    users,
)

ROUTES: list[Any] = [route for module in (*RESOURCES, description) for route in module.ROUTES]
