"""What the worker does for this room when woken: reads files, and looks after imports whose reader died."""

from clubledger.foundation.wake import task, wake
from clubledger.ledger.errors import AlreadyRunning
from clubledger.ledger.intake import imports, undo


@task("ledger.read_import")
def read_import(import_id: int) -> None:
    """Read an import to its end. Another who reads it already is left to it."""
    try:
        imports.read_import(import_id=import_id)
    except AlreadyRunning:
        return


@task("ledger.undo_import")
def undo_import(import_id: int) -> None:
    """Take back an import that somebody asked to undo."""
    undo.finish_undoing(import_id=import_id)


@task("ledger.sweep")
def sweep() -> None:
    """Wake whoever reads imports for those that wait, or were left half-read; and whoever takes one back."""
    for import_id in imports.unfinished():
        wake("ledger.read_import", import_id=import_id)
    imports.end_abandoned()
    for import_id in undo.unfinished():
        wake("ledger.undo_import", import_id=import_id)
