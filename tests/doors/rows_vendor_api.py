"""Who gets what at the addresses of the vendor's API: a session opens none of them, and nor does being nobody."""

from tests.doors.rows import Row, anybody

ROWS: dict[str, Row] = {
    "vendor-api:openapi-json": anybody(),
    "vendor-api:openapi-view": anybody(),
    "vendor-api:api-root": anybody(fine=404),
    "vendor-api:status": anybody(fine=401),
    "vendor-api:list_changeovers": anybody(fine=401),
    "vendor-api:plan_wave": anybody(fine=401, method="post"),
    "vendor-api:read_changeover": anybody(fine=401, args=lambda w: [w.club.slug]),
    "vendor-api:take_step": anybody(fine=401, method="post", args=lambda w: [w.club.slug, "switch"]),
}
