"""The register of the addresses of both APIs; see `clubledger.frame.pages`."""

from django.utils.translation import gettext_lazy as _

from clubledger.frame.pages import Action, Address, Answer, Audience, Page

ANYBODY, KEY = Audience.ANYBODY, Audience.KEY
PROGRAM = "an answer to a program"

ADDRESSES: tuple[Address, ...] = (
    Page("api:openapi-view", _("The API"), audience=ANYBODY, guide="api-keys"),
    Answer("api:openapi-json", PROGRAM, audience=ANYBODY),
    Answer("api:api-root", PROGRAM, audience=ANYBODY),
    Answer("api:read_club", PROGRAM, audience=KEY),
    Action("api:import_transactions", audience=KEY),
    Answer("api:read_import", PROGRAM, audience=KEY),
    Answer("api:list_journals", PROGRAM, audience=KEY),
    Answer("api:read_journal", PROGRAM, audience=KEY),
    Page("vendor-api:openapi-view", _("The API"), audience=ANYBODY, guide="console-keys"),
    Answer("vendor-api:openapi-json", PROGRAM, audience=ANYBODY),
    Answer("vendor-api:api-root", PROGRAM, audience=ANYBODY),
    Answer("vendor-api:status", PROGRAM, audience=KEY),
    Answer("vendor-api:list_changeovers", PROGRAM, audience=KEY),
    Action("vendor-api:plan_wave", audience=KEY),
    Answer("vendor-api:read_changeover", PROGRAM, audience=KEY),
    Action("vendor-api:take_step", audience=KEY),
)
