"""Settings of the tests: the product's own, on a database of their own, with keys made for the run."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("CLUBLEDGER_SECRET_KEY", "only-for-the-tests-" + "x" * 40)
os.environ.setdefault("CLUBLEDGER_ENCRYPTION_KEYS", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
if "CLUBLEDGER_VAR" not in os.environ:
    _made_by, _folder = os.getpid(), tempfile.mkdtemp(prefix="clubledger-tests-")
    os.environ["CLUBLEDGER_VAR"] = _folder
    # Programs that the tests start use the same folder; whoever made it takes it away, and no fork of it does.
    atexit.register(lambda: shutil.rmtree(_folder, ignore_errors=True) if os.getpid() == _made_by else None)
os.environ.setdefault("CLUBLEDGER_DEBUG", "0")
# Playwright leaves an event loop in the thread of whoever drove a browser; the tests after it are not asynchronous.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
# Tests about the second step switch it on; all others are about something else.
os.environ.setdefault("CLUBLEDGER_REQUIRE_MFA", "0")

from clubledger.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# A database of this process's own, so that two test runs on one server never meet.
DATABASES["default"]["TEST"] = {"NAME": f"test_clubledger_{os.getpid()}"} if "postgresql" in DATABASE_URL else {}  # noqa: F405
MAIL_IN_BACKGROUND = False
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405 - WhiteNoise warns of a folder that is not there
