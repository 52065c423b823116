"""The command line: it does what the platform's pages do, and says in one line what it cannot do."""

import asyncio
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from core import db, embedded_files, hooks, mail
from core import settings as settings_module
from core.accounts import passwords
from core.settings import Settings
from tenants import addresses
from tests import cast
from tests.conftest import settings_for
from tests.core.billing import bills
from tests.core.billing.test_services import account, begin, sell
from tests.visitor import PASSWORD
from web import composition
from web.cli import ground, main
from web.cli.demo import forget

REPOSITORY = Path(__file__).parents[2]


class Said(msgspec.Struct, frozen=True):
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


@pytest.fixture
def without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings_module.variables():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def comptoir(
    without_settings: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Runs a command in this process, as the console script does."""

    def run(*arguments: str, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["comptoir", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        status = 0
        try:
            main()
        except SystemExit as left:
            status = int(left.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err + said.out
        return Said(status, said.out, said.err)

    yield run
    usual = settings_for(None, home=Path("/nonexistent"))
    passwords.configure(parallel=8, cheap=True)
    mail.configure(usual)
    addresses.configure(usual)
    assert hooks.load(usual) == []


@pytest.fixture
def at_home(comptoir: Command, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The same, with the settings of a database that has the cast in it."""
    for name, value in ground.as_environment(settings).items():
        monkeypatch.setenv(name, value)
    return comptoir


def codes(run: Command) -> dict[str, Any]:
    return {row["code"]: row for row in run("provider", "list", "--json").data}


def test_providers_are_listed_for_people_and_for_programs(at_home: Command) -> None:
    found = codes(at_home)
    assert {code: row["edition"] for code, row in found.items()} == {
        "acme": "advanced",
        "nova": "corporate",
        "petit": "standard",
    }
    assert (found["acme"]["clients"], found["acme"]["reseller"], found["acme"]["state"]) == (
        2,
        "Horizon",
        "active",
    )
    assert "nova.localhost" in at_home("provider", "list").out


def test_a_provider_is_opened_with_a_link_or_a_password(at_home: Command) -> None:
    opening = (
        "provider",
        "open",
        "fresh",
        "--name",
        "Fresh",
        "--owner-name",
        "Fred",
        "--owner-email",
        "f@f.example",
    )
    said = at_home(*opening)
    assert (said.status, said.err.count("No mail server is set")) == (0, 1)
    assert re.search(r"^http://fresh\.localhost:8000/password/\S+$", said.out, re.MULTILINE)
    again = ("provider", "open", "other", *opening[3:], "--owner-password-stdin", "--reseller", "horizon")
    said = at_home(*again, stdin=PASSWORD + "\n")
    assert (said.status, "/password/" in said.out) == (0, False)
    assert codes(at_home)["other"]["reseller"] == "Horizon"


def test_what_the_platform_decides_is_decided_here_too(at_home: Command) -> None:
    for arguments in (
        ("suspend", "petit", "--reason", "unpaid"),
        ("resume", "petit"),
        ("suspend", "nova", "--reason", "unpaid"),
        ("edition", "petit", "advanced"),
        ("grant", "petit", "projects"),
        ("refuse", "petit", "groups"),
        ("refuse", "acme", "groups"),
        ("reset", "acme", "groups"),
        ("plugin-off", "petit", "welcome-mail"),
        ("plugin-on", "acme", "welcome-mail"),
        ("host-add", "petit", "panel.petit.example", "--primary"),
    ):
        assert at_home("provider", *arguments).status == 0, arguments
    found = codes(at_home)
    assert (found["nova"]["state"], found["petit"]["state"]) == ("suspended", "active")
    petit = at_home("provider", "show", "petit", "--json").data
    features = {one["name"]: (one["exception"], one["is_on"]) for one in petit["features"]}
    assert (features["projects"], features["groups"]) == ((True, True), (False, False))
    assert (petit["edition"], petit["plugins"], petit["host"]) == ("advanced", [], "panel.petit.example")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("provider", "suspend", "nothing", "--reason", "x"), 1, "There is nothing here."),
        (("provider", "resume", "nova"), 1, "This provider is active."),
        (("provider", "edition", "nova", "imperial"), 2, "--edition: This is not one of the choices."),
        (("provider", "grant", "nova", "teleport"), 2, "--feature: This is not one of the choices."),
        (("provider", "plugin-on", "nova", "nothing"), 1, "There is no such plugin."),
        (("provider", "suspend", "nova"), 2, "--reason"),
        (("provider", "suspend", "nova", "--reason", " "), 2, "--reason: Please fill this in."),
        (("reseller", "suspend", "nobody", "--reason", "x"), 1, "There is nothing here."),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_a_refusal_is_one_clear_line(
    at_home: Command, arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    said = at_home(*arguments)
    assert said.status == status
    assert sentence in said.err


def test_resellers_are_taken_on_and_changed(at_home: Command) -> None:
    said = at_home(
        *("reseller", "open", "Meridian", "--person-name", "Mia", "--person-email", "mia@meridian.example"),
        *("--edition", "standard", "--feature", "groups", "--most-providers", "3"),
    )
    assert (said.status, "/password/" in said.out) == (0, True)
    assert at_home("reseller", "terms", "meridian", "--edition", "standard", "--edition", "advanced").status == 0
    assert at_home("reseller", "suspend", "Meridian", "--reason", "gone").status == 0
    found = {row["name"]: row for row in at_home("reseller", "list", "--json").data}["Meridian"]
    assert (found["editions"], found["features"]) == (["advanced", "standard"], ["groups"])
    assert (found["most_providers"], found["state"]) == (3, "suspended")
    assert at_home("reseller", "resume", "Meridian").status == 0


def test_what_is_due_is_looked_at_and_charged_from_the_terminal(at_home: Command, settings: Settings) -> None:
    async def furnish() -> None:
        async with composition.running(settings):
            by = await cast.who("alice")
            async with db.as_tenant(by.tenant.id):
                (price,) = await sell(by, {"units": 1000})
                await bills.ready()
                await begin(await account(by), price, by)
                await db.execute("UPDATE services SET anchor = anchor - 45")
                await db.execute("UPDATE service_dues SET next_on = next_on - 45")

    asyncio.run(furnish())
    (seen,) = at_home("billing-run", "nova", "--dry-run", "--json").data
    assert seen == {"provider": "nova", "due": 1, "ending": 0, "uninvoiced": 1, "amounts": {"EUR": 1200}}
    assert at_home("billing-run", "nova", "--dry-run", "--json").data == [seen], "looking changes nothing"
    assert "No" not in (told := at_home("billing-run")).err
    assert re.search(r"nova +done +1 +1 +0 +0", told.out), told.out
    (done,) = at_home("billing-run", "nova", "--json").data
    assert done["state"] == "Nothing is due today."
    assert at_home("billing-run", "nobody").err.endswith("There is no active provider 'nobody'.\n")


def test_an_operator_is_let_in(at_home: Command) -> None:
    said = at_home(
        "operator", "add", "omar@platform.example", "--name", "Omar", "--password-stdin", stdin=PASSWORD
    )
    assert said.status == 0
    assert {row["name"] for row in at_home("operator", "list", "--json").data} == {"Olga", "Omar"}
    weak = at_home("operator", "add", "weak@platform.example", "--name", "Weak", "--password-stdin", stdin="weak")
    assert (weak.status, "--password" in weak.err) == (2, True)


def test_the_doctor_finds_a_sound_installation_sound(at_home: Command) -> None:
    said = at_home("doctor", "--json")
    states = {one["subject"]: one["state"] for one in said.data["findings"]}
    assert states == {
        "secret key": "ok",
        "database": "ok",
        "roles": "ok",
        "migrations": "ok",
        "walls": "ok",
        "queue": "ok",
        "listen": "ok",
        "plugins": "ok",
        "mail": "warning",
    }
    assert (said.status, said.data["well"]) == (0, True)
    assert "database" in at_home("doctor").out


def test_the_doctor_finds_what_is_wrong(
    at_home: Command, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPTOIR_SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("COMPTOIR_DATABASE_URL", settings.database_owner_url)
    monkeypatch.setenv("COMPTOIR_DATABASE_WORKER_URL", "")
    said = at_home("doctor", "--json")
    wrong = {one["subject"] for one in said.data["findings"] if one["state"] == "wrong"}
    assert (said.status, wrong) == (1, {"roles", "queue", "mail"})


def test_a_wall_with_a_gap_is_found_and_stops_the_server(at_home: Command, settings: Settings) -> None:
    async def open_a_gap() -> None:
        connection = await asyncpg.connect(settings.database_owner_url)
        await connection.execute("ALTER TABLE clients NO FORCE ROW LEVEL SECURITY")
        await connection.close()

    asyncio.run(open_a_gap())
    said = at_home("doctor")
    assert (said.status, "table clients: row-level security is not enabled and forced" in said.out) == (1, True)
    refused = at_home("serve", "--port", str(free_port()))
    assert (refused.status, "table clients" in refused.err) == (1, True)


def test_the_doctor_says_that_the_database_does_not_answer(
    at_home: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPTOIR_DATABASE_URL", "postgresql://comptoir_app:x@127.0.0.1:1/comptoir")
    said = at_home("doctor")
    assert said.status == 1
    assert "It does not answer" in said.out
    listed = at_home("provider", "list")
    assert (listed.status, "The database does not answer" in listed.err) == (1, True)


def test_bad_settings_are_named(at_home: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPTOIR_PORT", "many")
    assert at_home("provider", "list").status == 2
    monkeypatch.delenv("COMPTOIR_PORT")
    monkeypatch.setenv("COMPTOIR_COLOUR", "red")
    said = at_home("provider", "list")
    assert (said.status, "COMPTOIR_COLOUR" in said.err) == (2, True)


def test_migrating_an_up_to_date_database_changes_nothing(at_home: Command) -> None:
    said = at_home("database", "migrate")
    assert (said.status, "up to date" in said.out) == (0, True)


def test_every_route_is_listed_with_what_it_needs(comptoir: Command) -> None:
    rows = comptoir("routes", "--json").data
    found = {(row["method"], row["path"]): row for row in rows}
    assert len(found) == len(rows)
    assert found["POST", "/platform/providers"] == {
        "path": "/platform/providers",
        "method": "POST",
        "area": "operator",
        "permission": "provider:open",
        "feature": None,
        "hosts": "platform",
    }
    assert found["GET", "/sign-in"]["permission"] == "public"
    assert "/staff/clients" in comptoir("routes").out


def test_every_plugin_is_listed_with_its_hooks(comptoir: Command) -> None:
    found = {row["plugin"]: row for row in comptoir("plugins", "--json").data}
    assert found["edition-corporate"]["kind"] == "edition"
    assert "after_client_created" in found["welcome-mail"]["hooks"]


def test_the_database_is_made_on_a_server_of_ones_own(
    comptoir: Command, server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.env"
    arguments = (
        "database",
        "init",
        "--admin-url",
        server.admin_url,
        "--name",
        "made_by_hand",
        "--env-file",
        str(file),
    )
    # The roles belong to the whole server: they keep the passwords that the other tests know.
    for variable, url in (
        ("URL", server.urls.app),
        ("OWNER_URL", server.urls.owner),
        ("WORKER_URL", server.urls.worker),
    ):
        monkeypatch.setenv(f"COMPTOIR_DATABASE_{variable}", url)
    assert comptoir(*arguments).status == 0
    assert file.stat().st_mode & 0o777 == 0o600
    lines = dict(line.split("=", 1) for line in file.read_text().splitlines() if not line.startswith("#"))
    for name, value in lines.items():
        monkeypatch.setenv(name, value)
    early = comptoir("serve", "--port", str(free_port()))
    assert (early.status, "comptoir database migrate" in early.err) == (1, True)
    assert comptoir("database", "migrate").status == 0
    assert comptoir("doctor").status == 0
    assert comptoir("provider", "list", "--json").data == []
    again = comptoir(*arguments)
    assert (again.status, "is there already" in again.err) == (1, True)


def test_the_server_does_not_start_on_a_port_that_is_taken(at_home: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = at_home("serve", "--port", str(taken.getsockname()[1]))
    assert (said.status, "cannot be used" in said.err) == (1, True)


def test_the_server_serves_and_stops(settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    with running(settings, tmp_path, "serve", "--port", str(port)) as (process, log):
        assert wait_for(port, "nova.localhost", log).status_code == 200
        assert wait_for(port, "unknown.localhost", log).status_code == 404
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0, log.read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class running:  # noqa: N801 (read as a statement)
    """A `comptoir` of its own process, killed at the end of the block if it is still there."""

    def __init__(self, settings: Settings, directory: Path, *arguments: str) -> None:
        self.log = directory / "log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("COMPTOIR_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "web.cli", *arguments],
            cwd=REPOSITORY,
            env=clean | ground.as_environment(settings),
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> tuple["subprocess.Popen[bytes]", Path]:
        return self.process, self.log

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def wait_for(port: int, host: str, log: Path, *, seconds: float = 180) -> httpx.Response:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": f"{host}:{port}"}, timeout=10)
        except httpx.TransportError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


def test_the_demo_starts_shows_its_logins_and_keeps_its_data(tmp_path: Path) -> None:
    demo, port = Settings(home=tmp_path / "demo"), free_port()
    with running(demo, tmp_path, "demo", "--port", str(port)) as (process, log):
        for host in ("localhost", "nova.localhost", "acme.localhost", "petit.localhost"):
            assert wait_for(port, host, log).status_code == 200, host
            assert f"http://{host}:{port}" in log.read_text(), host
        for login in ("operator@comptoir.example", "horizon@comptoir.example", "owner@nova.example"):
            assert login in log.read_text()
        with running(demo, tmp_path / "..", "provider", "list", "--json") as (listing, listed):
            assert listing.wait(30) == 0, listed.read_text()
            assert {row["code"]: row["clients"] for row in json.loads(listed.read_text())} == {
                "acme": 180,
                "nova": 320,
                "petit": 120,
            }
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, log.read_text()
    key = (demo.home / "secret_key").read_text()
    with running(demo, tmp_path, "demo", "--only-fill") as (process, log):
        assert process.wait(120) == 0, log.read_text()
    assert (demo.home / "secret_key").read_text() == key
    data = embedded_files.store_of(demo.home / "postgresql") / "data" / "PG_VERSION"
    assert data.exists()
    forget(demo)
    assert not (demo.home / "secret_key").exists()
    assert not data.exists()
