"""Where something about a person stands in tables of conversations and fraud protection: see `personal_table`."""

from core.accounts.personal_table import Table

TABLES: tuple[Table, ...] = ()
