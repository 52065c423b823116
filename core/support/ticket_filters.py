"""The list of tickets among those whose filters can be saved: a saved filter is a queue with a name."""

from core.accounts.list_filters import LISTS, FilteredList
from core.i18n import N_
from core.permissions import Permission
from core.support import ticket_list
from core.support.ticket_list import TicketFilter

SUPPORT = {
    "tickets": FilteredList(
        label=N_("Tickets"),
        filter=TicketFilter,
        right=Permission.TICKET_READ,
        check=ticket_list.conditions,
    ),
}
LISTS |= SUPPORT
