"""What a brand looks like, for everybody: the logo of a project, and the stylesheet of its colour.

Both addresses change with what they show, so that browsers keep them for ever.
"""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from core import colors
from core.accounts import project_logos
from core.errors import NotFound
from web.kit.guards import public
from web.kit.visit import visit_of


@get("/brand/logo/{image_id:int}", **public())
async def logo(request: Request[Any, Any, Any], image_id: FromPath[int]) -> Response[bytes]:
    """The logo of a project."""
    found = await project_logos.public(image_id)
    if found is None:
        raise NotFound()
    visit_of(request).is_kept = True
    return Response(found["content"], media_type=found["kind"])


@get("/brand/accent/{digits:str}", **public())
async def accent(request: Request[Any, Any, Any], digits: FromPath[str]) -> Response[str]:
    """The lines that put one colour in the place of the provider's, in both themes."""
    color = f"#{digits}"
    if not colors.HEX.fullmatch(color):
        raise NotFound()
    visit_of(request).is_kept = True
    dark = colors.in_the_dark(color)
    return Response(f":root:root {{ --brand: light-dark({color}, {dark}); }}\n", media_type="text/css")


ROUTES: list[Any] = [logo, accent]
