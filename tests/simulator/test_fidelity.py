"""The document about the simulator's fidelity is what the tests say, and the rules of its own code hold."""

import ast
from pathlib import Path

from tools import fidelity

PACKAGE = Path(fidelity.ROOT) / "xero_simulator"


def test_the_document_is_up_to_date() -> None:
    assert fidelity.DOCUMENT.read_text("utf-8") == fidelity.document(), "run: python -m tools.fidelity"


def test_no_behaviour_is_named_twice_by_one_test() -> None:
    rows = [(fact.section, fact.text, fact.test) for fact in fidelity.facts()]
    assert len(rows) == len(set(rows))
    assert len(rows) > 150


def test_the_simulator_does_not_import_the_product() -> None:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.partition(".")[0] in {"clubledger", "django"}], path


def test_every_setting_and_fault_is_in_the_readme() -> None:
    from dataclasses import fields

    from xero_simulator.faults import PRESETS
    from xero_simulator.model import Settings

    text = (PACKAGE / "README.md").read_text("utf-8")
    missing = [name for name in [*PRESETS, *(field.name for field in fields(Settings))] if f"`{name}`" not in text]
    assert missing == []
