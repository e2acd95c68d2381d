"""The register of the club's pages: every address of this door; see `clubledger.frame.pages`.

A page that is new stands here once, beside its line in the addresses of its wing.
"""

from django.utils.translation import gettext_lazy as _

from clubledger.clubs.access import Permission
from clubledger.frame.pages import Action, Address, Answer, Audience, Page, Section

ANYBODY, PERSON = Audience.ANYBODY, Audience.PERSON
FINANCIALS = Section(_("Financials"))
BOOKS = Section(_("Configuration → Financials"))
INTEGRATION = Section(_("Configuration → Integration"))
SECURITY = Section(_("Configuration → Security"))
# The person's name stands over it.
OWN = Section("")

PART, FILE, PROGRAM = "a part of a page", "a file", "an answer to a program"
EVER = "from=2020-01-01&up_to=2030-01-01"
"""Days that take in everything of an example."""

JOURNALS: tuple[Address, ...] = (
    Page(
        "gl",
        _("GL Integration"),
        menu=FINANCIALS,
        states={
            "nothing": "from=2030-01-01&up_to=2030-01-07",
            "year": f"{EVER}&show=all",
            "help": f"{EVER}&show=help",
            "ticked": "ticked=valid",
            "recorded": f"{EVER}&show=recorded&ticked=all",
        },
    ),
    Action("validate", permission=Permission.SEND),
    Action("send", permission=Permission.SEND),
    Answer("send-progress", PART),
    Page("send-runs", _("Sent by whom"), guide="gl"),
    Action("set-nightly", permission=Permission.SEND),
    Page(
        "confirm-restore",
        _("After a restored backup"),
        permission=Permission.UNDO,
        posting=Permission.UNDO,
    ),
    Page(
        "settle-sighting",
        _("Settle what was seen in Xero"),
        permission=Permission.UNDO,
        posting=Permission.UNDO,
    ),
    Page(
        "void-sighted",
        _("Void it in Xero"),
        permission=Permission.UNDO,
        posting=Permission.UNDO,
        guide="settle-sighting",
    ),
    Action("record", permission=Permission.SEND),
    Page(
        "record-up-to",
        _("Record everything up to a day"),
        permission=Permission.SEND,
        posting=Permission.SEND,
        guide="post-from",
        states={"later": "up_to=2030-01-01"},
    ),
    Action("undo-recording", permission=Permission.UNDO),
    Action("withdraw", permission=Permission.SEND),
    Action("take-over", permission=Permission.SEND),
    Page("journal", _("Journal"), states={"all-lines": "line=all"}),
    Page(
        "void",
        _("Void in Xero and reopen"),
        permission=Permission.UNDO,
        posting=Permission.UNDO,
        guide="journal",
        examples={"journal_id": "journal_sent"},
    ),
    Page(
        "accept-difference",
        _("Accept it as it is in Xero"),
        permission=Permission.UNDO,
        posting=Permission.UNDO,
        guide="journal",
        examples={"journal_id": "journal_differs"},
    ),
    Page(
        "keep-with-difference",
        _("Keep it in Xero, and send the difference"),
        permission=Permission.UNDO,
        posting=Permission.UNDO,
        guide="journal",
        examples={"journal_id": "journal_differs"},
    ),
    Page(
        "first-open-day",
        _("Send it dated on the first open day"),
        permission=Permission.SEND,
        posting=Permission.SEND,
        guide="journal",
        examples={"journal_id": "journal_rejected"},
    ),
    Page(
        "post-from",
        _("Post from"),
        permission=Permission.UNDO,
        posting=Permission.UNDO,
        states={"later": "post_from=2030-01-01"},
    ),
)

TRANSACTIONS: tuple[Address, ...] = (
    Page(
        "transactions",
        _("Transactions"),
        menu=FINANCIALS,
        states={
            "none": "q=nobody",
            "found": f"{EVER}&q=member",
            "not-posted": f"{EVER}&posted=no",
        },
    ),
    Page("transaction", _("Transaction"), guide="transactions"),
    Page("imports", _("Import"), menu=FINANCIALS),
    Action("preview-import", permission=Permission.IMPORT),
    Action("start-import", permission=Permission.IMPORT),
    Action("try-sample", permission=Permission.IMPORT),
    Action("remove-sample", permission=Permission.IMPORT),
    Page("import", _("Import"), guide="imports"),
    Answer("import-progress", PART),
    Page(
        "undo-import",
        _("Undo the import"),
        permission=Permission.IMPORT,
        posting=Permission.IMPORT,
        guide="imports",
    ),
    Answer("refused-rows", FILE),
)

REPORTS: tuple[Address, ...] = (
    Page("gst-check", _("GST check"), menu=FINANCIALS, states={"months": "length=month"}),
    Page("balances", _("Balances"), menu=FINANCIALS, states={"earlier": "at=2026-07-31"}),
    Action("prove-balances"),
)

CHART: tuple[Address, ...] = (
    Page("chart-of-accounts", _("Chart of Accounts"), menu=BOOKS),
    Page(
        "gl-codes",
        _("GL Code"),
        posting=Permission.CONFIGURE,
        guide="chart-of-accounts",
        states={"none": "q=zzz", "found": "q=income"},
    ),
    Page("gl-code", _("GL Code"), guide="chart-of-accounts"),
    Action("get-gl-codes", permission=Permission.GET_GL_CODES),
    Page("job-codes", _("Job#"), posting=Permission.CONFIGURE, guide="chart-of-accounts"),
    Action("get-categories", permission=Permission.GET_GL_CODES),
    Action("link-job-code", permission=Permission.CONFIGURE),
)

MAPPING: tuple[Address, ...] = (
    Page(
        "charges",
        _("Charges"),
        menu=BOOKS,
        posting=Permission.CONFIGURE,
        states={"none": "q=zzz", "found": "q=charge", "unmapped": "unmapped=1"},
    ),
    Page("account-types", _("Account Types"), menu=BOOKS, posting=Permission.CONFIGURE, guide="charges"),
    Page("payment-methods", _("Payment Methods"), menu=BOOKS, posting=Permission.CONFIGURE, guide="charges"),
    Action("mapping-file", permission=Permission.CONFIGURE),
)

CONNECTION: tuple[Address, ...] = (
    Page("integration-settings", _("Integration Settings"), menu=INTEGRATION),
    Page("general-ledger", _("General Ledger")),
    Action("authorize", permission=Permission.AUTHORISE),
    Action("revoke", permission=Permission.AUTHORISE),
    Action("set-currency", permission=Permission.UNDO),
    Page(
        "change-organisation",
        _("Change the organisation"),
        permission=Permission.UNDO,
        posting=Permission.UNDO,
        guide="general-ledger",
    ),
    Page(
        "confirm-organisation",
        _("Confirm the organisation"),
        permission=Permission.AUTHORISE,
        guide="general-ledger",
    ),
    Action("bind-organisation", permission=Permission.AUTHORISE),
    Page("changeover", _("Changeover")),
    Action("changeover-look", permission=Permission.AUTHORISE),
    Action("changeover-disconnect", permission=Permission.CONFIGURE),
    Action("changeover-test", permission=Permission.GET_GL_CODES),
    Action("changeover-record-empty", permission=Permission.SEND),
)

PEOPLE: tuple[Address, ...] = (
    Page("users", _("Users"), menu=SECURITY),
    Page("user", _("Users"), guide="users"),
    Action("invite", permission=Permission.PEOPLE),
    Action("send-invitation-again", permission=Permission.PEOPLE),
    Action("withdraw-invitation", permission=Permission.PEOPLE),
    Action("set-role", permission=Permission.PEOPLE),
    Action("remove-user", permission=Permission.PEOPLE),
    Action("set-club-language", permission=Permission.CONFIGURE),
    Page("api-keys", _("API Keys"), menu=SECURITY, posting=Permission.CONFIGURE),
    Page(
        "revoke-api-key",
        _("Revoke a key"),
        permission=Permission.CONFIGURE,
        posting=Permission.CONFIGURE,
        guide="api-keys",
    ),
    Action("take-over-api-key", permission=Permission.CONFIGURE),
    Page("audit-trail", _("Audit Trail"), menu=SECURITY, states={"none": "q=nobody"}),
    Page("support-access", _("Support access"), menu=SECURITY),
    Action("grant-support", permission=Permission.PEOPLE),
)

OF_A_CLUB: tuple[Address, ...] = (*JOURNALS, *TRANSACTIONS, *REPORTS, *CHART, *MAPPING, *CONNECTION, *PEOPLE)

OF_A_PERSON: tuple[Address, ...] = (
    Page("home", _("Your clubs"), audience=PERSON, menu=OWN),
    Page("security", _("Your security"), audience=PERSON, menu=OWN),
    Answer("mfa_index", "security by its other name", audience=PERSON),
    Page("mfa_activate_totp", _("Authenticator app"), audience=PERSON, guide="security"),
    Page("mfa_deactivate_totp", _("Authenticator app"), audience=PERSON, guide="security"),
    Page("mfa_view_recovery_codes", _("Recovery codes"), audience=PERSON, guide="security"),
    Page("mfa_generate_recovery_codes", _("Recovery codes"), audience=PERSON, guide="security"),
    Answer("mfa_list_webauthn", "leads to security", audience=PERSON),
    Page("mfa_add_webauthn", _("Add a passkey"), audience=PERSON, guide="security"),
    Page("mfa_edit_webauthn", _("Rename a passkey"), audience=PERSON, guide="security"),
    Page("mfa_remove_webauthn", _("Remove a passkey"), audience=PERSON, guide="security"),
    Page("security-xero", _("Sign in with Xero"), audience=PERSON, guide="security"),
    Action("security-end-session", audience=PERSON),
    Action("security-end-sessions", audience=PERSON),
    Page("account_change_password", _("New password"), audience=PERSON, guide="security"),
    Answer("account_set_password", "leads to the password", audience=PERSON),
    Page("account_reauthenticate", _("Is it you?"), audience=PERSON, guide="sign-in"),
    Page("mfa_reauthenticate", _("Is it you?"), audience=PERSON, guide="sign-in"),
    Page("mfa_reauthenticate_webauthn", _("Is it you?"), audience=PERSON, guide="sign-in"),
    Page("xero-callback", _("Xero is not authorised"), audience=PERSON, guide="general-ledger"),
)

OF_ANYBODY: tuple[Address, ...] = (
    Page("sign-in", _("Sign in"), audience=ANYBODY),
    Answer("account_login", "sign-in by its other name", audience=ANYBODY),
    Page("mfa_authenticate", _("Second step"), audience=ANYBODY, guide="sign-in"),
    Answer("mfa_login_webauthn", "what the browser's passkey is asked", audience=ANYBODY),
    Page("account_inactive", _("Switched off"), audience=ANYBODY, guide="sign-in"),
    Action("sign-out", audience=ANYBODY),
    Action("account_logout", audience=ANYBODY),
    Action("choose-language", audience=ANYBODY),
    Page("socialaccount_login_cancelled", _("Not signed in"), audience=ANYBODY, guide="sign-in"),
    Answer("openid_connect_login", "leads to another site", audience=ANYBODY),
    Answer("openid_connect_callback", "leads on, or to the page of a cancelled sign-in", audience=ANYBODY),
    Page("account_reset_password", _("New password"), audience=ANYBODY, guide="sign-in"),
    Page("account_reset_password_done", _("Check your e-mail"), audience=ANYBODY, guide="sign-in"),
    Page(
        "account_reset_password_from_key",
        _("New password"),
        audience=ANYBODY,
        guide="sign-in",
        examples={"key": "reset_key"},
    ),
    Page("account_reset_password_from_key_done", _("New password"), audience=ANYBODY, guide="sign-in"),
    Answer("invitation", "leads to the invitation without its secret in the address", audience=ANYBODY),
    Page("accept-invitation", _("Invitation"), audience=ANYBODY, guide="sign-in"),
    Answer("healthz", PROGRAM, audience=ANYBODY),
    Answer("readyz", PROGRAM, audience=ANYBODY),
)

ADDRESSES: tuple[Address, ...] = (*OF_A_CLUB, *OF_A_PERSON, *OF_ANYBODY)
