"""Settings of the installation, all from the environment; see docs/settings.md. Bad ones are refused by `checks`."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from clubledger.foundation import logs

BASE_DIR = Path(__file__).resolve().parent.parent


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def _flag(name: str, default: bool = False) -> bool:
    value = _text(name)
    return value.lower() in {"1", "true", "yes", "on"} if value else default


def _list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in _text(name, default).split(",") if part.strip()]


UNREADABLE_SETTINGS: list[str] = []
"""What could not even be read; `foundation.checks` says so together with everything else that is wrong."""


def _number(name: str, default: int) -> int:
    value = _text(name)
    if not value:
        return default
    if not (value.isascii() and value.isdigit()):
        UNREADABLE_SETTINGS.append(f"{name} is {value!r}: set it to a whole number, such as {default}.")
        return default
    return int(value)


VAR_DIR = Path(_text("CLUBLEDGER_VAR", str(BASE_DIR / "var")))
DEBUG = _flag("CLUBLEDGER_DEBUG")
SECRET_KEY = _text("CLUBLEDGER_SECRET_KEY")
CLUBLEDGER_ENCRYPTION_KEYS = _list("CLUBLEDGER_ENCRYPTION_KEYS")
CLUBLEDGER_PORT = _number("CLUBLEDGER_PORT", 8000)
CLUBLEDGER_BIND = _text("CLUBLEDGER_BIND", "127.0.0.1")
CLUBLEDGER_WEB_WORKERS = _number("CLUBLEDGER_WEB_WORKERS", 2)
CLUBLEDGER_WEB_THREADS = _number("CLUBLEDGER_WEB_THREADS", 4)
CLUBLEDGER_WORKER_THREADS = _number("CLUBLEDGER_WORKER_THREADS", 2)
CLUBLEDGER_STOP_SECONDS = _number("CLUBLEDGER_STOP_SECONDS", 75)
CLUBLEDGER_BASE_URL = _text("CLUBLEDGER_BASE_URL", f"http://localhost:{CLUBLEDGER_PORT}").rstrip("/")

try:
    _own_host = urlsplit(CLUBLEDGER_BASE_URL).hostname or "localhost"
except ValueError as error:
    UNREADABLE_SETTINGS.append(f"CLUBLEDGER_BASE_URL is {CLUBLEDGER_BASE_URL!r}: {error}.")
    _own_host = "localhost"
ALLOWED_HOSTS = _list("CLUBLEDGER_ALLOWED_HOSTS", _own_host)
CSRF_TRUSTED_ORIGINS = [CLUBLEDGER_BASE_URL]
IS_HTTPS = CLUBLEDGER_BASE_URL.startswith("https://")

# --- Xero: production addresses unless others are given -------------------------------------------------------------
XERO_LOGIN_URL = _text("CLUBLEDGER_XERO_LOGIN_URL", "https://login.xero.com").rstrip("/")
XERO_IDENTITY_URL = _text("CLUBLEDGER_XERO_IDENTITY_URL", "https://identity.xero.com").rstrip("/")
XERO_API_URL = _text("CLUBLEDGER_XERO_API_URL", "https://api.xero.com").rstrip("/")
XERO_GO_URL = _text("CLUBLEDGER_XERO_GO_URL", "https://go.xero.com").rstrip("/")
XERO_CLIENT_ID = _text("CLUBLEDGER_XERO_CLIENT_ID")
XERO_CLIENT_SECRET = _text("CLUBLEDGER_XERO_CLIENT_SECRET")
XERO_SCOPES = _text(
    "CLUBLEDGER_XERO_SCOPES",
    "openid profile email offline_access accounting.manualjournals accounting.settings.read",
)
XERO_REPLAY_SECONDS = _number("CLUBLEDGER_XERO_REPLAY_SECONDS", 0)
XERO_COMMIT_WINDOW_SECONDS = _number("CLUBLEDGER_XERO_COMMIT_WINDOW_SECONDS", 900)

# --- Database and queue ---------------------------------------------------------------------------------------------
DATABASE_URL = _text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'clubledger.db'}")
QUEUE_URL = _text("CLUBLEDGER_QUEUE_URL")
DATABASE_PREPARES = _flag("CLUBLEDGER_DATABASE_PREPARES", True)


def _database(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Python's own words would quote a part of the password.
        UNREADABLE_SETTINGS.append(
            "DATABASE_URL can't be read: write postgresql://user:password@host:5432/name, "
            "with signs such as # / ? [ in the password as %23 %2F %3F %5B."
        )
        return {"ENGINE": "django.db.backends.dummy"}
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(url.removeprefix("sqlite:///")),
            "OPTIONS": {
                # One writer at a time, told so at BEGIN and not half-way; durable against power loss.
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
        }
    if parts.scheme not in {"postgres", "postgresql"}:
        UNREADABLE_SETTINGS.append(
            f"DATABASE_URL begins with {parts.scheme or 'nothing'}: "
            "use sqlite:////path/to/file.db or postgresql://user:password@host:5432/name."
        )
        return {"ENGINE": "django.db.backends.dummy"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": _number("CLUBLEDGER_DATABASE_POOL", 10)},
            # A statement that was planned is not planned again: that is a third of the database's work.
            "server_side_binding": DATABASE_PREPARES,
            "prepare_threshold": 3 if DATABASE_PREPARES else None,
            # A database that can't be reached is noticed within half a minute, and the session of a program that was
            # cut off gives its locks back; without it, another worker would wait for them for hours.
            "connect_timeout": 10,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
            "options": (
                "-c idle_in_transaction_session_timeout=120s"
                " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
            ),
        },
    }


DATABASES = {"default": _database(DATABASE_URL)}

# --- Logs -------------------------------------------------------------------------------------------------------------
LOG_LEVEL = _text("CLUBLEDGER_LOG_LEVEL", "INFO").upper()
LOG_FORMAT = _text("CLUBLEDGER_LOG_FORMAT", "json")
LOGGING = logs.configuration(level=LOG_LEVEL, form=LOG_FORMAT)

# --- Django -----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "clubledger.clubs",
    "clubledger.ledger",
    "clubledger.xero",
    "clubledger.delivery",
    "clubledger.changeover",
    "clubledger.frame",
    "clubledger.web",
    "clubledger.console",
    "clubledger.api",
    # After our own rooms, so that their templates stand before allauth's.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
]
MIDDLEWARE = [
    # Around everything that answers, so that no page is without them, nor a refusal of the ones below.
    "clubledger.frame.headers.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "clubledger.api.guard.OneShape",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clubledger.frame.languages.ReadersLanguage",
    "clubledger.frame.unstorable.UnstorableRefused",
    "clubledger.frame.uploads.UploadsLimited",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "clubledger.web.sign_in.second_step.SecondStepRequired",
]
ROOT_URLCONF = "clubledger.urls"
WSGI_APPLICATION = "clubledger.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", ["clubledger.frame.template_loader.Loader"])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
AUTH_USER_MODEL = "clubs.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"

# --- Signing in -------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
REQUIRE_MFA = _flag("CLUBLEDGER_REQUIRE_MFA", True)
SESSION_COOKIE_AGE = _number("CLUBLEDGER_SESSION_HOURS", 12) * 3600
ACCOUNT_ADAPTER = "clubledger.clubs.sign_in.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "clubledger.web.sign_in.forms.LoginForm",
    "reset_password": "clubledger.web.sign_in.forms.ResetPasswordForm",
    "change_password": "clubledger.web.sign_in.forms.ChangePasswordForm",
    "set_password": "clubledger.web.sign_in.forms.SetPasswordForm",
    "reset_password_from_key": "clubledger.web.sign_in.forms.ResetPasswordKeyForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# An invitation, or whoever runs the installation, vouches for the address.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "sign-in"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "20/m/ip,5/m/key"}
MFA_ADAPTER = "clubledger.clubs.sign_in.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Clubledger"
MFA_TOTP_TOLERANCE = 1
# Browsers take http for safe on localhost alone, and so do passkeys.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS
SOCIALACCOUNT_ADAPTER = "clubledger.clubs.sign_in.SingleSignOnAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
# A form could not lead to the provider under our content policy; the state in the session guards the way back.
SOCIALACCOUNT_LOGIN_ON_GET = True
OIDC_NAME = _text("CLUBLEDGER_OIDC_NAME", "single sign-on")
OIDC_SERVER_URL = _text("CLUBLEDGER_OIDC_SERVER_URL")
OIDC_CLIENT_ID = _text("CLUBLEDGER_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = _text("CLUBLEDGER_OIDC_CLIENT_SECRET")
_oidc = {
    "provider_id": "company",
    "name": OIDC_NAME,
    "client_id": OIDC_CLIENT_ID,
    "secret": OIDC_CLIENT_SECRET,
    "settings": {"server_url": OIDC_SERVER_URL},
}
XERO_SIGN_IN = _flag("CLUBLEDGER_XERO_SIGN_IN")
_xero_oidc = {
    "provider_id": "xero",
    "name": "Xero",
    "client_id": XERO_CLIENT_ID,
    "secret": XERO_CLIENT_SECRET,
    "settings": {"server_url": XERO_IDENTITY_URL, "token_auth_method": "client_secret_basic"},
}
_providers = [*([_oidc] if OIDC_SERVER_URL else []), *([_xero_oidc] if XERO_SIGN_IN else [])]
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": _providers}}
if XERO_SIGN_IN and not (XERO_CLIENT_ID and XERO_CLIENT_SECRET):
    UNREADABLE_SETTINGS.append(
        "CLUBLEDGER_XERO_SIGN_IN is on: CLUBLEDGER_XERO_CLIENT_ID and CLUBLEDGER_XERO_CLIENT_SECRET must be set too."
    )
if OIDC_SERVER_URL and not (OIDC_SERVER_URL.startswith("https://") and OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    UNREADABLE_SETTINGS.append(
        "CLUBLEDGER_OIDC_SERVER_URL is set: it must begin with https://, "
        "and CLUBLEDGER_OIDC_CLIENT_ID and CLUBLEDGER_OIDC_CLIENT_SECRET must be set too."
    )
# Counts of failed sign-ins must hold across processes and machines, so they stand in the database. The API's throttle
# only guards the machine it runs on: its counts stay in the process.
# Django's 300 entries would let a flood of guesses push the counts of others out.
_counts = {"MAX_ENTRIES": 100_000}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "clubs_rate_limits",
        "OPTIONS": _counts,
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": _counts},
}

METRICS_TOKEN = _text("CLUBLEDGER_METRICS_TOKEN")
API_REQUESTS_PER_MINUTE = _number("CLUBLEDGER_API_REQUESTS_PER_MINUTE", 300)

# --- E-mail -----------------------------------------------------------------------------------------------------------
try:
    _mail = urlsplit(_text("CLUBLEDGER_EMAIL_URL") or (VAR_DIR / "mail").absolute().as_uri())
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "", _mail.port or (465 if _mail.scheme == "smtps" else 587)
except ValueError:
    _mail, EMAIL_HOST, EMAIL_PORT = urlsplit(""), "", 0
if _mail.scheme not in {"smtp", "smtps", "file"} or (_mail.scheme != "file" and not EMAIL_HOST):
    UNREADABLE_SETTINGS.append(
        "CLUBLEDGER_EMAIL_URL can't be read: write smtp://user:password@host:587 (STARTTLS), "
        "smtps://user:password@host:465, or file:///folder to keep messages as files."
    )
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if _mail.scheme == 'file' else 'smtp'}.EmailBackend"
EMAIL_FILE_PATH = unquote(_mail.path)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
EMAIL_USE_SSL = _mail.scheme == "smtps"
EMAIL_USE_TLS = _mail.scheme == "smtp" and EMAIL_HOST not in {"localhost", "127.0.0.1"}
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _text("CLUBLEDGER_EMAIL_FROM", f"Clubledger <clubledger@{_own_host}>")
MAIL_IN_BACKGROUND = True

LANGUAGE_CODE = "en-au"
LANGUAGES = [("en-au", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "clubledger" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
# Xero's own buttons, which its rules ask for and its licence keeps out of here: a folder of the operator's.
XERO_BUTTONS = _text("CLUBLEDGER_XERO_BUTTONS")
STATICFILES_DIRS = [("xero", XERO_BUTTONS)] if XERO_BUTTONS else []
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "clubledger.frame.static_files.GatheredFiles"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Xero's redirect is a top-level GET from another site: Lax lets the session come along, Strict would lose it.
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True  # Scripts take the token from the form they stand in.
SECURE_SSL_REDIRECT = IS_HTTPS
# Probes ask this machine itself, in plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if _flag("CLUBLEDGER_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
UPLOAD_MEGABYTES = _number("CLUBLEDGER_UPLOAD_MEGABYTES", 250)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
