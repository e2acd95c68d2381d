"""One module for each source system's export. Copy a neighbour to add one, and name it here.

A format module has COLUMNS, `check_header`, `arrange` and `row_checker`, as `transactions_v1` has.
"""

from types import ModuleType

from clubledger.ledger.formats import transactions_v1

FORMATS: dict[str, ModuleType] = {"transactions_v1": transactions_v1}
"""Format modules by the name that an import keeps."""
