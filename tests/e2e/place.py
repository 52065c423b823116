"""One page of the product, for those that look at all of them."""

import msgspec


class Place(msgspec.Struct, frozen=True):
    """One page: what it is called, who looks at it ("" for nobody), and what is clicked before it is taken.

    Numbers in braces are looked up, or made: `{client}`, `{group}`, `{project}` and so on, see numbers.py.
    """

    name: str
    path: str
    who: str = "owner"
    click: tuple[str, ...] = ()
