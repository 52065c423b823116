"""How much there is to measure: so many clients, shared out among so many providers."""

import msgspec


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """Clients of all providers together; the biggest provider alone has `biggest` of them."""

    clients: int = 1_000_000
    tenants: int = 1_000
    biggest: int = 300_000
    kind: str = "clients"
    """What the database holds; what is filled for one thing is not measured for another."""

    @property
    def database(self) -> str:
        """The name of the database that is filled to this scale."""
        return f"{self.kind}_{self.clients}_{self.tenants}_{self.biggest}"

    def sizes(self) -> list[int]:
        """The clients of each provider, the biggest first; a few have many, most have some hundreds."""
        others, left = self.tenants - 1, self.clients - self.biggest
        weights = [1 / (rank + 20) for rank in range(others)]
        sizes = [int(left * weight / sum(weights)) for weight in weights]
        for place in range(left - sum(sizes) if others else 0):
            sizes[place % others] += 1
        return [self.biggest, *sizes]

    def smaller(self) -> "Scale":
        """The same shape at 10,000 clients, to see how cost grows; at most a tenth of this scale."""
        clients = min(10_000, self.clients // 10)
        share = self.biggest / self.clients
        return Scale(clients=clients, tenants=min(10, self.tenants), biggest=int(clients * share))
