"""The command line: `comptoir`. A command is imported when it is asked for, so that none pays for the others."""

import sys
from importlib import import_module

import rich_click as click
from click.exceptions import Exit

from web.cli.say import Trouble, complain

COMMANDS = {
    "serve": "web.cli.serving:serve",
    "work": "web.cli.serving:work",
    "demo": "web.cli.demo:demo",
    "database": "web.cli.database:database",
    "doctor": "web.cli.doctor:doctor",
    "billing-run": "web.cli.billing_run:billing_run",
    "provider": "web.cli.providers:provider",
    "reseller": "web.cli.resellers:reseller",
    "operator": "web.cli.operators:operator",
    "plugins": "web.cli.listings:plugins",
    "routes": "web.cli.listings:routes",
}
"""Every command and where it lives, in the order of `comptoir --help`."""


class Commands(click.RichGroup):
    """Finds commands by the table above."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        try:
            command: click.Command = getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            if error.name in ("faker", "aiosmtpd"):
                raise Trouble(
                    f"comptoir {cmd_name} needs the demo's packages: pip install 'comptoir[demo]'"
                ) from error
            raise
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="comptoir")
def comptoir() -> None:
    """The client and billing panel of hosting providers. Settings are read from COMPTOIR_* variables."""


def main() -> None:
    """What the console script calls. Exit status: 0 done, 1 refused or not well, 2 asked for wrongly."""
    try:
        comptoir(prog_name="comptoir", standalone_mode=False)
    except Exit as leave:
        sys.exit(leave.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        status = complain(error)
        if status is None:
            raise
        sys.exit(status)
