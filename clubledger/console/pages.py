"""The register of the console's pages; see `clubledger.frame.pages`."""

from django.utils.translation import gettext_lazy as _

from clubledger.frame.pages import Action, Address, Answer, Audience, Page, Section

STAFF = Audience.STAFF
CONSOLE = Section(_("Console"))

ADDRESSES: tuple[Address, ...] = (
    Answer("console", "leads to the clubs", audience=STAFF),
    Page("console-clubs", _("Clubs"), audience=STAFF, menu=CONSOLE, states={"none": "text=nobody"}),
    Page("console-club", _("Club"), audience=STAFF, guide="console-clubs"),
    Action("console-plan-club", audience=STAFF),
    Page("console-apps", _("Xero Apps"), audience=STAFF, menu=CONSOLE),
    Page("console-new-app", _("Register an app"), audience=STAFF, guide="console-apps"),
    Page("console-app", _("App"), audience=STAFF, guide="console-apps"),
    Action("console-rotate", audience=STAFF),
    Page(
        "console-changeovers",
        _("Changeovers"),
        audience=STAFF,
        menu=CONSOLE,
        states={"wave": "wave=1", "stuck": "stuck=1"},
    ),
    Page("console-plan", _("Plan a wave"), audience=STAFF, guide="console-changeovers"),
    Action("console-step-for-all", audience=STAFF),
    Page("console-changeover", _("Changeover"), audience=STAFF, guide="console-changeovers"),
    Action("console-step", audience=STAFF),
    Page("console-fleet", _("Fleet"), audience=STAFF, menu=CONSOLE),
    Page("console-keys", _("API Keys"), audience=STAFF, menu=CONSOLE),
    Page("console-revoke-key", _("Revoke a key"), audience=STAFF, guide="console-keys"),
    Answer("metrics", "an answer to a program", audience=Audience.ANYBODY),
)
