"""What the arrows of a list in somebody's own order send."""

import msgspec


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Up (-1) or down (1)."""

    steps: int

    @property
    def one(self) -> int:
        """One step, whatever was sent."""
        return max(-1, min(1, self.steps))
