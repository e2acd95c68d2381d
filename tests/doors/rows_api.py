"""Who gets what at the addresses of the API: a session opens none of them, and nor does being nobody; see rows.py."""

from tests.doors.rows import Row, anybody

ROWS: dict[str, Row] = {
    "api:openapi-json": anybody(),
    "api:openapi-view": anybody(),
    "api:api-root": anybody(fine=404),
    "api:read_club": anybody(fine=401),
    "api:import_transactions": anybody(fine=401, method="post"),
    "api:read_import": anybody(fine=401, args=lambda w: [w.imported.pk]),
    "api:list_journals": anybody(fine=401),
    "api:read_journal": anybody(fine=401, args=lambda w: [w.journal.pk]),
}
