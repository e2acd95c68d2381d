"""A club's changeover page and what is pressed there; support access."""

from clubledger.clubs.access import Permission
from tests.doors.rows import Row, act, see

ROWS: dict[str, Row] = {
    "changeover": see(),
    "changeover-look": act(Permission.AUTHORISE),
    "changeover-disconnect": act(Permission.CONFIGURE),
    "changeover-test": act(Permission.GET_GL_CODES),
    "changeover-record-empty": act(Permission.SEND),
    "support-access": see(),
    "grant-support": act(Permission.PEOPLE, form={"hours": "24"}, expected={"administrator": 403}),
}
