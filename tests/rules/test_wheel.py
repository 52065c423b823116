"""The installed package has all that is not code: templates, static files, migrations, catalogues."""

import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.rules.places import PACKAGES, ROOT, files, name_of

DATA = ("web/templates/*", "web/static/*", "core/migrations/*.sql", "core/locale/*", "*/py.typed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from what git has, by uv, in a directory of its own."""
    uv = shutil.which("uv", path=f"{sys.prefix}/bin") or shutil.which("uv")
    assert uv, "uv is not installed: it comes with tox-uv, in the group dev"
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for path in files("pyproject.toml", "README.md", "LICENSE", *PACKAGES):
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    command = [uv, "build", "--wheel", "--quiet", "--out-dir", str(built), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(built.glob("comptoir-*.whl"))) as opened:
        yield opened


def test_the_wheel_holds_every_file_of_the_packages(wheel):
    inside = set(wheel.namelist())
    expected = {name_of(path) for path in files(*PACKAGES)}
    assert sorted(expected - inside) == []
    for pattern in DATA:
        assert [name for name in inside if name in {name_of(path) for path in files(pattern)}], pattern


def test_the_wheel_holds_nothing_else(wheel):
    strange = [
        name for name in wheel.namelist() if name.split("/")[0] not in (*PACKAGES, "comptoir-0.1.0.dist-info")
    ]
    assert strange == []
    assert not [name for name in wheel.namelist() if name.endswith((".pyc", ".mo", ".orig"))]


def test_it_brings_the_command_the_plugins_and_the_licence(wheel):
    names = {name.partition("/")[2]: name for name in wheel.namelist() if ".dist-info/" in name}
    entry_points = wheel.read(names["entry_points.txt"]).decode()
    assert "comptoir = web.cli:main" in entry_points
    assert "welcome-mail = plugins.notifications.welcome_mail" in entry_points
    assert "licenses/LICENSE" in names
