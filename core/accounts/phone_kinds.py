"""What Comptoir tells a telephone number: the code that proves it."""

from core.i18n import N_
from core.notification_kinds import Kind, declare

CODE = declare(
    Kind(
        key="phone_code",
        title=N_("Code that proves a telephone number"),
        description=N_("By SMS, to whoever enters a number in the portal to have it verified."),
        audience="user",
        group="account",
        is_secret=True,
        minutes=60,
        channels=("sms",),
        variables={"code": N_("The code, six digits"), "minutes": N_("For how many minutes it is good")},
        samples={"code": "204816", "minutes": 10},
        subject=N_("Your code for {{ provider }}"),
        text=N_("{{ code }} is your code for {{ provider }}. It is good for {{ minutes }} minutes."),
        short=N_("{{ code }} is your code for {{ provider }}. It is good for {{ minutes }} minutes."),
    )
)
