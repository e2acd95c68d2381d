"""What a browser meets on the way to a connection: sign-in, the consent screen with its organisation picker, errors."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from xero_simulator import scopes
from xero_simulator.exchange import Answer, Request, redirect
from xero_simulator.model import App, AuthorisationCode, Grant, Organisation, Session, XeroUser
from xero_simulator.render import page
from xero_simulator.world import BULK_TIERS, World

SESSION_COOKIE = "xero_simulator_session"
AUTHORIZE_PATH = "/identity/connect/authorize"
SCOPE_TEXTS = {
    "accounting.manualjournals": "View and manage your manual journals",
    "accounting.manualjournals.read": "View your manual journals",
    "accounting.transactions": "View and manage your business transactions",
    "accounting.transactions.read": "View your business transactions",
    "accounting.settings": "View and manage your organisation settings",
    "accounting.settings.read": "View your organisation settings",
    "accounting.attachments": "View and manage your attachments",
    "accounting.attachments.read": "View your attachments",
    "accounting.reports.read": "View your reports",
    "accounting.reports.trialbalance.read": "View your trial balance report",
    "accounting.journals.read": "View your general ledger",
    "openid": "Use your sign-in details",
    "profile": "View your name",
    "email": "View your e-mail address",
    "offline_access": "Keep access while you are away",
}


class BadAuthoriseRequest(Exception):
    """An authorise request that is answered by an error page, never by a redirect."""


@dataclass(frozen=True, slots=True)
class AuthoriseRequest:
    """A checked authorise request."""

    app: App
    redirect_uri: str
    scopes: list[str]
    state: str | None
    nonce: str | None
    challenge: str | None
    is_bulk: bool
    query: str


def check(world: World, query: str) -> AuthoriseRequest:
    """Return the checked request; raises BadAuthoriseRequest with the text that Xero's error page shows."""
    params = dict(parse_qsl(query, keep_blank_values=True))
    app = world.store.apps.get(params.get("client_id", ""))
    if app is None or not app.is_enabled or app.kind == "custom":
        raise BadAuthoriseRequest("unauthorized_client : Unknown client or client not enabled")
    redirect_uri = params.get("redirect_uri", "")
    if redirect_uri not in app.redirect_uris:
        raise BadAuthoriseRequest("unauthorized_client : Invalid redirect_uri")
    if params.get("response_type") != "code":
        raise BadAuthoriseRequest("unsupported_response_type")
    asked = list(dict.fromkeys(params.get("scope", "").split()))
    refusal = scopes.refusal(app, asked, world.now().date(), world.settings)
    if refusal:
        raise BadAuthoriseRequest(refusal)
    challenge = params.get("code_challenge")
    if challenge is None and app.kind == "pkce":
        raise BadAuthoriseRequest("invalid_request : code challenge required")
    if challenge is not None:
        if params.get("code_challenge_method") != "S256":
            raise BadAuthoriseRequest("invalid_request : Transform algorithm not supported")
        if not 43 <= len(challenge) <= 128:
            raise BadAuthoriseRequest("invalid_request : Invalid code_challenge")
    is_bulk = app.tier in BULK_TIERS and params.get("acr_values") != "bulk_connect:false"
    return AuthoriseRequest(
        app, redirect_uri, asked, params.get("state"), params.get("nonce"), challenge, is_bulk, query
    )


def session_of(world: World, request: Request) -> Session | None:
    """Return the signed-in session of a browser, or None."""
    return world.store.sessions.get(request.cookie(SESSION_COOKIE) or "")


def login(world: World, request: Request) -> Answer:
    """Show the sign-in page, or sign in."""
    if request.method != "POST":
        return page("login.html", back=request.params.get("return", ""), email=request.params.get("email", ""))
    form = request.form()
    back = form.get("return", "")
    user = world.user_by_email(form.get("email", ""))
    if user is None or user.password != form.get("password"):
        return page("login.html", back=back, email=form.get("email", ""), error="Your email or password is incorrect.")
    answer = redirect(_local(back))
    answer.headers.append(("Set-Cookie", sign_in(world, user)))
    return answer


def sign_in(world: World, user: XeroUser) -> str:
    """Sign a user in and give the cookie to set."""
    session = Session(world.hex(32).lower(), user.user_id, world.now())
    world.store.sessions.put(session.session_id, session)
    return f"{SESSION_COOKIE}={session.session_id}; Path=/; HttpOnly; SameSite=Lax"


def logout(world: World, request: Request) -> Answer:
    """Sign out and go on to the page named in `return`."""
    session = session_of(world, request)
    if session is not None:
        world.store.sessions.delete(session.session_id)
    answer = redirect("/login?" + urlencode({"return": _local(request.params.get("return", ""))}))
    answer.headers.append(("Set-Cookie", f"{SESSION_COOKIE}=; Path=/; Max-Age=0; SameSite=Lax"))
    return answer


def _local(address: str) -> str:
    """Return an address on this origin; anything else becomes the start page."""
    parts = urlsplit(address)
    is_local = not parts.scheme and not parts.netloc and address.startswith("/") and "\\" not in address
    return address if is_local and address.isprintable() else "/"


def authorize(world: World, request: Request) -> Answer:
    """Answer the authorise address: an error page, the sign-in page, or the consent screen."""
    try:
        asked = check(world, request.query)
    except BadAuthoriseRequest as error:
        error_id = world.hex(32).lower()
        query = urlencode({"errorId": error_id, "reason": str(error)})
        return redirect(f"/identity/error?{query}")
    session = session_of(world, request)
    if session is None:
        return redirect("/login?return=" + quote(f"{AUTHORIZE_PATH}?{request.query}", safe=""))
    return _consent_page(world, asked, world.store.users[session.user_id])


def error_page(request: Request) -> Answer:
    """Show the error page that a bad authorise request ends on."""
    params = request.params
    return page("error.html", 500, reason=params.get("reason", "unknown_error"), error_id=params.get("errorId", ""))


def _consent_page(world: World, asked: AuthoriseRequest, user: XeroUser, notice: str = "") -> Answer:
    choices = []
    for organisation in choices_of(world, user):
        connected = world.store.connections.between(user.user_id, asked.app.client_id, organisation.tenant_id)
        refusal = world.connection_refusal(asked.app, organisation.tenant_id)
        choices.append((organisation, connected is not None, refusal))
    return page(
        "consent.html",
        asked=asked,
        user=user,
        choices=choices,
        notice=notice,
        needs_organisation=scopes.needs_organisation(asked.scopes),
        texts=[SCOPE_TEXTS.get(scope, scope) for scope in asked.scopes],
    )


def choices_of(world: World, user: XeroUser) -> list[Organisation]:
    """Return the organisations that a user may connect, by name."""
    found = [item for item in world.store.organisations if world.may_connect(user.user_id, item)]
    return sorted(found, key=lambda item: item.name)


def consent(world: World, request: Request) -> Answer:
    """Take the consent screen's form: back to the app with a code, or with `access_denied` after Cancel."""
    form = request.form()
    try:
        asked = check(world, form.get("request", ""))
    except BadAuthoriseRequest as error:
        return redirect("/identity/error?" + urlencode({"reason": str(error)}))
    session = session_of(world, request)
    if session is None:
        return redirect("/login?return=" + quote(f"{AUTHORIZE_PATH}?{asked.query}", safe=""))
    user = world.store.users[session.user_id]
    if form.get("decision") != "allow":
        return redirect(_callback(asked, {"error": "access_denied"}))
    if not scopes.needs_organisation(asked.scopes):
        return _allow(world, asked, user, session, [])
    chosen = list(dict.fromkeys(request.form_list("tenant_id")))
    allowed = {organisation.tenant_id for organisation in choices_of(world, user)}
    if not chosen or not allowed.issuperset(chosen) or (len(chosen) > 1 and not asked.is_bulk):
        return _consent_page(world, asked, user, "Choose an organisation.")
    for tenant_id in chosen:
        refusal = world.connection_refusal(asked.app, tenant_id)
        if refusal:
            return _consent_page(world, asked, user, refusal)
    return _allow(world, asked, user, session, chosen)


def _allow(world: World, asked: AuthoriseRequest, user: XeroUser, session: Session, tenant_ids: list[str]) -> Answer:
    auth_event_id = world.guid()
    for tenant_id in tenant_ids:
        world.connect(user.user_id, asked.app.client_id, tenant_id, auth_event_id)
    key = f"{user.user_id} {asked.app.client_id}"
    earlier = world.store.grants.get(key)
    # Scopes only ever add up for a user and an app, until the consent is revoked.
    granted = list(dict.fromkeys([*(earlier.scopes if earlier else []), *asked.scopes]))
    world.store.grants.put(key, Grant(user.user_id, asked.app.client_id, granted))
    code = AuthorisationCode(
        world.hex(64),
        asked.app.client_id,
        user.user_id,
        asked.redirect_uri,
        granted,
        auth_event_id,
        session.session_id,
        asked.nonce,
        asked.challenge,
        world.now(),
        session.signed_in_at,
    )
    world.store.codes.put(code.code, code)
    session_state = f"{world.hex(32).lower()}.{world.hex(16).lower()}"
    return redirect(_callback(asked, {"code": code.code, "scope": " ".join(granted), "session_state": session_state}))


def _callback(asked: AuthoriseRequest, params: dict[str, str]) -> str:
    if asked.state is not None:
        params["state"] = asked.state
    separator = "&" if urlsplit(asked.redirect_uri).query else "?"
    return asked.redirect_uri + separator + urlencode(params)
