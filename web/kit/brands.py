"""The brand of the host that a visitor came to: whose it is, and what it says where the project is closed."""

from typing import Any

from litestar import Response

from tenants import branding
from web.kit.pages import AnyRequest, page
from web.kit.visit import visit_of


async def project_of(request: AnyRequest) -> int | None:
    """The project whose brand a visitor of this host sees; None on the platform's."""
    visit = visit_of(request)
    if visit.tenant.is_platform:
        return None
    return (await branding.of_host(request.headers.get("host", ""), tenant=visit.tenant)).project_id


async def closed_page(request: AnyRequest) -> Response[Any] | None:
    """The page of a brand that takes no new clients, where this is one; None anywhere else."""
    visit = visit_of(request)
    if visit.tenant.is_platform:
        return None
    brand = await branding.of_host(request.headers.get("host", ""), tenant=visit.tenant)
    return page(request, "public/closed.html", name=brand.name) if brand.is_closed else None
