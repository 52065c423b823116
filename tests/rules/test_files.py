"""Files are short, say what they are for, and keep to their floor."""

import ast
import re

from tests.rules.places import PACKAGES, ROOT, files, modules, name_of

LONGEST, LONGEST_TEST = 300, 500
PICTURES = (".woff2", ".png", ".webp", ".ico")
VENDORED = "web/static/vendor/"
PUBLIC_INDEX = {"pypi.org", "files.pythonhosted.org"}


def test_no_module_is_longer_than_one_can_read():
    too_long = []
    for path in files("*.py", "*.js", "*.css", "*.html"):
        lines, name = len(path.read_text().splitlines()), name_of(path)
        if lines > (LONGEST_TEST if name.startswith("tests/") else LONGEST) and not name.startswith(VENDORED):
            too_long.append(f"{name}: {lines}")
    assert too_long == [], "look for the second concept"


def test_every_module_says_what_lives_in_it():
    silent = []
    for path in files("*.py"):
        tree = ast.parse(path.read_text())
        if not ast.get_docstring(tree) and tree.body:
            silent.append(name_of(path))
    assert silent == []


def test_every_public_function_of_the_product_says_what_it_does():
    silent = []
    for path in modules():
        for node in ast.parse(path.read_text()).body:
            is_code = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if is_code and not node.name.startswith("_") and not ast.get_docstring(node) and not _is_hook(node):
                silent.append(f"{name_of(path)}:{node.lineno} {node.name}")
    assert silent == []


def _is_hook(node) -> bool:
    """What a hook is for is said once, in core/hookspecs.py."""
    return any(isinstance(one, ast.Name) and one.id == "hookimpl" for one in node.decorator_list)


def test_imports_stand_at_the_top():
    inside = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found = [one for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom)]
                inside += [f"{name_of(path)}:{one.lineno}" for one in found]
    assert inside == []


def test_every_package_is_a_regular_one():
    for package in PACKAGES:
        assert (ROOT / package / "py.typed").exists()
        folders = {path.parent for path in files(f"{package}/*.py")}
        assert [name_of(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_floors_of_queries_and_http_are_kept():
    """No SQL in web; no HTTP below it but for the two that ask outside. Imports are import-linter's to check."""
    sql = re.compile(r"\b(SELECT\s+.+\s+FROM|INSERT INTO|UPDATE\s+\w+\s+SET|DELETE FROM)\b")
    assert [name_of(path) for path in files("web/*.py") if sql.search(path.read_text())] == []
    http = re.compile(r"\bimport (litestar|httpx)|\bfrom litestar")
    below = [path for package in ("core", "tenants") for path in files(f"{package}/*.py")]
    asking = [name_of(path) for path in below if http.search(path.read_text())]
    assert sorted(asking) == ["core/catalog/vies.py", "core/outside.py"]


def test_only_the_lock_names_where_packages_come_from():
    index = re.compile(r"https?://[^\s\"'/]*(?:pypi|pythonhosted|index|mirror|registry|proxy|artifact)[^\s\"'/]*")
    wrong = []
    for path in files():
        name = name_of(path)
        if (
            path.suffix in (".woff2", ".png", ".webp", ".ico")
            or VENDORED in name
            or path == ROOT / "tests/rules/test_files.py"
        ):
            continue
        hosts = {found.split("://")[1] for found in index.findall(path.read_text(errors="replace"))}
        if hosts - (PUBLIC_INDEX if name == "uv.lock" else set()):
            wrong.append(f"{name}: {sorted(hosts)}")
    assert wrong == []
