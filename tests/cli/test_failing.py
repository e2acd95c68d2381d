"""What a command says when it can't: what is wrong, and what to do."""

from clubledger.cli.errors import words_of
from clubledger.xero.errors import ConnectionMoved, NotAuthorised


def test_who_has_not_authorised_is_told_the_command():
    assert words_of(NotAuthorised("You have not authorised Xero for this club")) == (
        "You have not authorised Xero for this club. Run `clubledger authorise`."
    )
    assert words_of(ConnectionMoved("It was updated. Authorize Xero again.")) == (
        "It was updated. Authorize Xero again. Run `clubledger authorise`."
    )
