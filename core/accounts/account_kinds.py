"""What Comptoir has to tell people about their accounts: how to get in, and what changed about it."""

from core.i18n import N_
from core.notification_kinds import Kind, declare

NAME = N_("Name of who reads it")
LINK = N_("The address to open")
LINKED = "https://nova.example/password/Zm9vYmFy"

PASSWORD = declare(
    Kind(
        key="account.password",
        title=N_("Link to choose a new password"),
        description=N_("To whoever asked for it, or for whom staff did."),
        audience="user",
        group="account",
        is_secret=True,
        variables={"name": NAME, "address": LINK},
        samples={"name": "Zoé Dupont", "address": LINKED},
        subject=N_("Choose a new password at {{ provider }}"),
        text=N_(
            "Hello {{ name }},\n\nsomebody asked for a new password for your account at {{ provider }}. "
            "If it was you, choose it here within 30 minutes:\n\n<{{ address }}>\n\n"
            "If it was not you, there is nothing to do: your password stays as it is."
        ),
    )
)
WELCOME = declare(
    Kind(
        key="account.welcome",
        title=N_("Link to choose the first password"),
        description=N_("To the owner of a client that staff registered without a password."),
        audience="user",
        group="account",
        is_secret=True,
        variables={"name": NAME, "address": LINK},
        samples={"name": "Zoé Dupont", "address": LINKED},
        subject=N_("Choose your password at {{ provider }}"),
        text=N_(
            "Hello {{ name }},\n\nyour account at {{ provider }} is ready. "
            "Choose your password here within seven days:\n\n<{{ address }}>"
        ),
    )
)
STAFF_INVITATION = declare(
    Kind(
        key="account.staff_invitation",
        title=N_("Invitation into the team"),
        audience="staff",
        group="team",
        is_secret=True,
        variables={"name": NAME, "address": LINK},
        samples={"name": "Alice Martin", "address": LINKED},
        subject=N_("You are invited to work at {{ provider }}"),
        text=N_(
            "Hello {{ name }},\n\nyou have been added to the staff of {{ provider }}. "
            "Choose your password here within seven days:\n\n<{{ address }}>"
        ),
    )
)
INVITATION = declare(
    Kind(
        key="account.invitation",
        title=N_("Invitation into the account of a client"),
        audience="user",
        group="account",
        is_secret=True,
        variables={
            "client": N_("Name of the client"),
            "who": N_("Who invites"),
            "address": LINK,
        },
        samples={
            "client": "Dupont SARL",
            "who": "Zoé Dupont",
            "address": "https://nova.example/invitation/Zm9vYmFy",
        },
        subject=N_("You are invited to the account of {{ client }} at {{ provider }}"),
        text=N_(
            "Hello,\n\n{{ who }} invites you to the account of {{ client }} at {{ provider }}. "
            "Accept the invitation here within seven days:\n\n<{{ address }}>\n\n"
            "If you do not know what this is about, there is nothing to do: without the link nobody joins."
        ),
    )
)
SIGN_UP = declare(
    Kind(
        key="account.sign_up",
        title=N_("Link that confirms a sign-up"),
        audience="user",
        group="account",
        is_secret=True,
        variables={"name": NAME, "address": LINK},
        samples={"name": "Zoé Dupont", "address": "https://nova.example/sign-up/Zm9vYmFy"},
        subject=N_("Confirm your address at {{ provider }}"),
        text=N_(
            "Hello {{ name }},\n\nsomebody signed up at {{ provider }} with this address. If it was you, confirm "
            "it and choose your password here within 24 hours:\n\n<{{ address }}>\n\n"
            "If it was not you, there is nothing to do: without it no account is made."
        ),
    )
)
SIGN_UP_KNOWN = declare(
    Kind(
        key="account.sign_up_known",
        title=N_("Sign-up with an address that is known already"),
        audience="user",
        group="account",
        variables={
            "name": NAME,
            "sign_in": N_("The address where one signs in"),
            "password": N_("The address where one asks for a new password"),
        },
        samples={
            "name": "Zoé Dupont",
            "sign_in": "https://nova.example/sign-in",
            "password": "https://nova.example/password",
        },
        subject=N_("You have an account at {{ provider }} already"),
        text=N_(
            "Hello {{ name }},\n\nsomebody signed up at {{ provider }} with this address, but you have an account "
            "there already. If it was you, sign in:\n\n<{{ sign_in }}>\n\nIf you forgot your password, choose a "
            "new one:\n\n<{{ password }}>\n\n"
            "If it was not you, there is nothing to do: your account stays as it is."
        ),
    )
)
PASSKEY_ADDED = declare(
    Kind(
        key="account.passkey_added",
        title=N_("A passkey was added"),
        audience="user",
        group="account",
        variables={"name": NAME, "passkey": N_("Name of the passkey")},
        samples={"name": "Zoé Dupont", "passkey": N_("Laptop")},
        subject=N_("A passkey was added to your account at {{ provider }}"),
        text=N_(
            "Hello {{ name }},\n\nthe passkey “{{ passkey }}” was added to your account at {{ provider }}. It "
            "signs in without your password.\n\nIf it was not you, choose a new password, sign in and remove the "
            "passkey under “My account”, “Passkeys”."
        ),
    )
)
ADDRESS_CHANGED = declare(
    Kind(
        key="account.address_changed",
        title=N_("The address was changed"),
        description=N_("To the old address of a user, when staff gave him another one."),
        audience="user",
        group="account",
        variables={"name": NAME},
        samples={"name": "Zoé Dupont"},
        subject=N_("Your address at {{ provider }} was changed"),
        text=N_(
            "Hello {{ name }},\n\nthe team of {{ provider }} changed the address with which you sign in. This one "
            "does not open your account any more.\n\nIf you did not ask for that, please write to them."
        ),
    )
)
CONTRACT = declare(
    Kind(
        key="contract.sent",
        title=N_("Contract to be signed"),
        group="services",
        variables={
            "name": N_("Name of the payer"),
            "title": N_("What the contract is called"),
            "number": N_("Its number"),
            "link": LINK,
        },
        samples={
            "name": "Dupont SARL",
            "title": N_("Contract"),
            "number": "C-2026-0007",
            "link": "https://nova.example/contracts/7",
        },
        subject=N_("{{ title }} {{ number }}, to be signed"),
        text=N_(
            "Hello {{ name }},\n\n{{ provider }} has a contract for you: {{ title }} {{ number }}.\n"
            "Read it and print it here:\n\n<{{ link }}>\n\nPlease sign it and send it back to us."
        ),
    )
)
