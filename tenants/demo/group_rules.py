"""Two groups of the demo's first provider that rules fill: one by what clients are, one by what they told."""

from core.accounts import groups, rule_changes
from core.accounts.group_rules import Block, Condition, Rule
from core.accounts.groups import NewGroup
from core.actor import Actor
from tenants.demo.cast import DemoProvider

WHERE = "nova"
NEIGHBOURS = Rule(
    blocks=[
        Block(
            conditions=[
                Condition(on="kind", operator="is", values=("company",)),
                Condition(on="status", operator="is", values=("active",)),
            ]
        ),
        Block(
            match="any",
            conditions=[
                Condition(on="country", operator="is", values=("BE", "CH", "LU")),
                Condition(on="language", operator="is_not", values=("fr",)),
            ],
        ),
    ]
)
NEWCOMERS = Rule(
    blocks=[
        Block(
            conditions=[
                Condition(on="registered", operator="newer_than", values=("90",)),
                Condition(on="status", operator="is", values=("active",)),
            ]
        )
    ]
)
RULED = (
    (NewGroup(name="Entreprises hors de France", description="Suivies par l’équipe internationale."), NEIGHBOURS),
    (
        NewGroup(name="Nouveaux clients", description="Un mot de bienvenue, et un appel au bout d’un mois."),
        NEWCOMERS,
    ),
)


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Make the groups, and let the rules fill them. In the provider's scope, once the clients are there."""
    if provider.code != WHERE:
        return
    for new, rule in RULED:
        group = await groups.create(new, by=by)
        await rule_changes.save(group["id"], rule, version=0, by=by)
