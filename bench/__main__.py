"""Runs the measurements, each module in a process of its own, prints a table and writes var/bench.json.

A module of this package that has `NAMES` (the prefixes of its figures) and `figures()` is found by itself. A figure is
a dict: name, value, unit, reference (what it is compared with, or None) and ratio (value over reference, or None).
"""

import argparse
import ast
import importlib
import json
import os
import pkgutil
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "var" / "bench.json"
Figure = dict[str, Any]


def main() -> int:
    """Run what was asked for; 1 if a measurement broke or nothing fits."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", help="prefix of the figures to measure, such as import or send.calls")
    parser.add_argument("--module", help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.module:
        figures = importlib.import_module(f"bench.{asked.module}").figures()
        asked.into.write_text(json.dumps([_complete(figure) for figure in figures]), encoding="utf-8")
        return 0
    modules = measurements(asked.only)
    if not modules:
        print(f"Nothing measures {asked.only!r}." if asked.only else "There is nothing to measure.", file=sys.stderr)
        return 1
    figures, broken = [], []
    for module in modules:
        measured = _measure(module)
        if measured is None:
            broken.append(module)
        figures += [figure for figure in measured or [] if figure["name"].startswith(asked.only)]
    _write(figures, merged=bool(asked.only))
    _show(figures)
    for module in broken:
        print(f"bench/{module}.py broke; see above.", file=sys.stderr)
    return 1 if broken else 0


def measurements(only: str) -> list[str]:
    """Return the modules whose figures can begin with `only`, read from their text: importing would set Django up."""
    names = []
    for found in pkgutil.iter_modules([str(ROOT / "bench")]):
        text = (ROOT / "bench" / f"{found.name}.py").read_text(encoding="utf-8") if not found.ispkg else ""
        body = ast.parse(text).body
        if not any(isinstance(node, ast.FunctionDef) and node.name == "figures" for node in body):
            continue
        prefixes = _names_in(body) or [f"{found.name}."]
        if any(prefix.startswith(only) or only.startswith(prefix.rstrip(".")) for prefix in prefixes):
            names.append(found.name)
    return names


def _names_in(body: list[ast.stmt]) -> list[str]:
    for node in body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == "NAMES" for target in targets):
            return list(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    return []


def _measure(module: str) -> list[Figure] | None:
    print(f"measuring {module} …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix=f"clubledger-bench-{module}-") as folder:
        into = Path(folder) / "figures.json"
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "tests.settings"),
            "CLUBLEDGER_VAR": str(Path(folder) / "var"),
        }
        command = [sys.executable, "-m", "bench", "--module", module, "--into", str(into)]
        ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        if ended.returncode or not into.is_file():
            return None
        figures: list[Figure] = json.loads(into.read_text(encoding="utf-8"))
        return figures


def _complete(figure: Figure) -> Figure:
    reference, value = figure.get("reference"), figure["value"]
    ratio = figure.get("ratio")
    if ratio is None and reference and isinstance(value, int | float):
        ratio = round(value / reference, 3)
    return {
        "name": figure["name"],
        "value": value,
        "unit": figure.get("unit", ""),
        "reference": reference,
        "ratio": ratio,
    }


def _write(figures: list[Figure], *, merged: bool) -> None:
    """Write all figures; those of a part take the place of their namesakes from an earlier run."""
    RESULT.parent.mkdir(exist_ok=True)
    kept: list[Figure] = []
    if merged and RESULT.is_file():
        new = {figure["name"] for figure in figures}
        kept = [
            figure for figure in json.loads(RESULT.read_text(encoding="utf-8"))["figures"] if figure["name"] not in new
        ]
    content = {"figures": kept + figures, "machine": _machine()}
    RESULT.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    return {
        "cores": os.cpu_count(),
        "memory_mb": memory // 1_000_000,
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def _show(figures: list[Figure]) -> None:
    rows: list[tuple[str, ...]] = [("figure", "value", "unit", "reference", "ratio")]
    rows += [
        tuple(_shown(figure[key]) for key in ("name", "value", "unit", "reference", "ratio")) for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        print(
            "  ".join(
                cell.ljust(width) if i in {0, 2} else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
