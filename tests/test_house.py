"""The house keeps its own rules: sizes, walls that a linter can't see, settings documented, migrations in step."""

import ast
import re
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from tools import documented_settings, sizes

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "contenttypes": 0, "auth": 0, "sessions": 0,
    "clubs": 2, "ledger": 3, "xero": 3, "delivery": 4, "changeover": 5, "frame": 5, "web": 6, "console": 6, "api": 6,
}  # fmt: skip
BELOW_MODELS = {"models", "scoping"}
FORBIDDEN_MODULES = {"utils", "helpers", "misc", "common", "services", "manager", "data"}
NAMED_BY_OTHERS = {
    "handle_request", "handle_async_request", "process_view", "process_exception", "process_request",
    "process_response", "handle_starttag", "handle_startendtag", "handle_endtag", "handle_data",
}  # fmt: skip
NOUNS = {
    "binding", "grouping", "listing", "mapping", "paging", "posting", "recording", "scoping", "sorting",
    "standing", "tracking",
}  # fmt: skip
"""Names that end like a participle and are what something is called."""
FORBIDDEN_VERBS = {"process", "handle", "sync", "manage"}


@cache
def our_modules() -> list[tuple[Path, ast.Module]]:
    """Return every module of ours, read once for all that looks at them."""
    return [
        (path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8")))
        for room in ("clubledger", "xero_simulator", "bench", "tools")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def test_no_file_and_no_function_has_grown_too_long():
    assert list(sizes.too_long(sizes.tracked_files())) == []


def test_every_setting_is_documented_and_every_documented_one_exists():
    assert list(documented_settings.differences()) == []


@pytest.mark.django_db
def test_migrations_are_in_step_with_the_models():
    out = StringIO()
    call_command("makemigrations", "--dry-run", stdout=out, stderr=out)
    assert out.getvalue().strip() == "No changes detected", "run `make migrations`"


def test_foreign_keys_point_sideways_in_a_room_or_down():
    wrong = []
    for model in apps.get_models():
        if model._meta.app_label not in FLOORS or not model.__module__.startswith("clubledger."):
            continue
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey | models.ManyToManyField):
                target = field.related_model
                here, there = model._meta.app_label, target._meta.app_label
                if here != there and FLOORS.get(there, 99) >= FLOORS[here]:
                    wrong.append(f"{model.__name__}.{field.name} points up, to {target.__name__}")
    assert wrong == []


def test_every_room_with_models_has_its_floor():
    rooms = {config.label for config in apps.get_app_configs() if config.name.startswith("clubledger.")}
    assert rooms <= set(FLOORS)


def test_models_are_at_the_bottom_of_their_room():
    wrong = []
    for path, tree in our_modules():
        if path.name != "models.py":
            continue
        room = ".".join(path.parts[:-1])
        for node in ast.walk(tree):
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            if module.startswith(room + ".") and module.removeprefix(room + ".").split(".")[0] not in BELOW_MODELS:
                wrong.append(f"{path}:{node.lineno}: imports {module}")
    assert wrong == []


PAGES_THAT_ONLY_ASK = ("chart", "connection", "mapping", "people", "sign_in")
"""Wings of the web whose pages ask the rooms below for rows; the console's do too."""


def test_pages_ask_the_rooms_below_and_query_nothing_themselves():
    wrong = []
    for path, tree in our_modules():
        wing = path.parts[1:3]
        if path.name == "apps.py" or not (
            wing[0] == "console" or (wing[0] == "web" and wing[1] in PAGES_THAT_ONLY_ASK)
        ):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}:
                wrong.append(f"{path}:{node.lineno}: a query")
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db"):
                wrong.append(f"{path}:{node.lineno}: imports {node.module}")
    assert wrong == []


def test_every_module_says_in_a_few_lines_what_it_is_for():
    wrong = []
    for path, tree in our_modules():
        words = ast.get_docstring(tree)
        if not words and any(tree.body):
            wrong.append(f"{path}: says nothing")
        elif words and len(words.splitlines()) > 6 and path.name != "errors.py":
            wrong.append(f"{path}: says it in {len(words.splitlines())} lines")
    assert wrong == []


def test_docstrings_say_what_is_returned_in_plain_english():
    wrong = [
        f"{path}:{node.lineno}: {words.splitlines()[0]}"
        for path, tree in our_modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (words := ast.get_docstring(node) or "").startswith(("Give ", "Give,", "Tell whether ", "Say whether "))
    ]
    assert wrong == []


def test_names_are_about_something():
    wrong = []
    for path, tree in our_modules():
        if path.stem in FORBIDDEN_MODULES:
            wrong.append(f"{path}: a module is named by what it is about")
        for node in ast.walk(tree):
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if (
                is_function
                and node.name not in NAMED_BY_OTHERS
                and node.name.lstrip("_").split("_")[0] in FORBIDDEN_VERBS
            ):
                wrong.append(f"{path}:{node.lineno}: {node.name}")
    assert wrong == []


def test_modules_are_named_by_nouns():
    wrong = []
    for room in ("clubledger", "xero_simulator", "bench", "tools", "tests"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.stem.rsplit("_", 1)[-1]
            is_ours = not {"migrations", "upgrade"} & set(path.parts) and not path.stem.startswith("test_")
            if is_ours and re.search("(ing|ed)$", name) and name not in NOUNS:
                wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []


def names_made_by(tree: ast.Module) -> tuple[set[str], set[str]]:
    """The names a module only imports, and those that it defines itself."""
    imported, defined = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            defined.add(node.id)
    return imported, defined


def test_no_module_hands_a_name_on_and_ours_have_one_name():
    """Who needs a name asks where it is defined, and calls it what it is called there."""
    trees = {".".join(path.with_suffix("").parts): tree for path, tree in our_modules()}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if "upgrade" not in path.parts:
            relative = path.relative_to(ROOT)
            trees[".".join(relative.with_suffix("").parts)] = ast.parse(path.read_text(encoding="utf-8"))
    made = {name: names_made_by(tree) for name, tree in trees.items()}
    wrong = []
    for name, tree in trees.items():
        local = {}
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or node.module is None:
                continue
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                imported, defined = made.get(node.module, (set(), set()))
                if full in made:
                    local[alias.asname or alias.name] = full
                elif alias.name in imported - defined:
                    wrong.append(f"{name}:{node.lineno}: {full} is not defined there")
                is_ours = node.module.split(".")[0] in {"clubledger", "xero_simulator", "bench", "tools"}
                if is_ours and alias.asname:
                    wrong.append(f"{name}:{node.lineno}: {full} is called {alias.asname}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in local:
                full = local[node.value.id]
                imported, defined = made[full]
                if node.attr in imported - defined and f"{full}.{node.attr}" not in made:
                    wrong.append(f"{name}:{node.lineno}: {full}.{node.attr} is not defined there")
    assert wrong == []


def test_the_tree_names_no_machine():
    # Written in parts, so that this file does not name them either.
    machine = re.compile(
        "|".join(["/" + "work/", "/" + "root/", "py" + r"pi\.org", "python" + "hosted", "registry" + r"\.npm"])
    )
    wrong = []
    for path in sizes.tracked_files():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        wrong += [f"{path}:{number}" for number, line in enumerate(text.splitlines(), 1) if machine.search(line)]
    assert wrong == []


def test_every_target_of_the_makefile_is_in_its_help():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([a-z][a-z-]*):.*## ", text, re.MULTILINE))
    assert {"help", "demo", "demo-stop", "test", "check", "bench", "format", "migrations", "lock"} <= listed


def test_every_name_is_imported_under_its_own_name_from_where_it_is_defined():
    trees = {_module_of(path): tree for path, tree in our_modules() if path.parts[0] == "clubledger"}
    defined = {module: _names_of(tree) for module, tree in trees.items()}
    wrong = []
    for module, tree in trees.items():
        submodules: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in defined:
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    if alias.asname:
                        wrong.append(f"{module}: {full} as {alias.asname}")
                    if full in defined:
                        submodules[alias.name] = full
                    elif alias.name not in defined[node.module]:
                        wrong.append(f"{module}: {full} is defined elsewhere")
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in submodules:
                of_module = submodules[node.value.id]
                if node.attr not in defined[of_module] and f"{of_module}.{node.attr}" not in defined:
                    wrong.append(f"{module}: {of_module}.{node.attr} is defined elsewhere")
    assert wrong == []


def _module_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _names_of(tree: ast.Module) -> set[str]:
    made = (ast.FunctionDef, ast.ClassDef)
    names = {node.name for node in ast.walk(tree) if isinstance(node, made)}
    return names | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
