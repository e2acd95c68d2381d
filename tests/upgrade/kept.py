"""Databases of past versions as compressed SQL text: written from a database once, loaded into an empty one by tests.

`python -m tests.upgrade.kept DATABASE_URL FILE` writes one.
"""

import gzip
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from django.db import connection

HERE = Path(__file__).resolve().parent
_NOT_SQL = re.compile(r"--|COMMENT ON SCHEMA |\\|SET |SELECT pg_catalog\.set_config")
"""Lines of pg_dump that are for psql or for one version of the server."""


def versions() -> list[str]:
    """The versions of which a database is kept."""
    return sorted(path.parent.name for path in HERE.glob("*/facts.json"))


def write(url: str, path: Path) -> None:
    """Write the database as SQL, the same bytes for the same content."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            text = "\n".join(database.iterdump())
    else:
        dumped = subprocess.run(
            ["pg_dump", "--no-owner", "--no-privileges", "--inserts", "--schema=public", url],
            capture_output=True, check=True,
        )  # fmt: skip
        # A text of several lines may begin one of them like that: only between statements such a line is passed over.
        text = "\n".join(_statements(dumped.stdout.decode().split("\n")))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _statements(lines: list[str]) -> list[str]:
    kept: list[str] = []
    begun = ""
    for line in lines:
        if not begun and (not line or _NOT_SQL.match(line) or line == "CREATE SCHEMA public;"):
            continue
        kept.append(line)
        begun = f"{begun}\n{line}"
        # It ends outside quotation marks, and outside a function's body.
        if line.endswith(";") and begun.count("'") % 2 == 0 and begun.count("$$") % 2 == 0:
            begun = ""
    return kept


def load(path: Path) -> None:
    """Load a database into the empty one that Django's connection is of."""
    text = gzip.decompress(path.read_bytes()).decode()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            connection.connection.executescript(f"PRAGMA foreign_keys=OFF;\n{text}\nPRAGMA foreign_keys=ON;")
        else:
            cursor.connection.execute(text)
            cursor.execute("SELECT pg_catalog.set_config('search_path', 'public', false)")


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
