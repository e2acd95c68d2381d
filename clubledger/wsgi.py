"""The WSGI application that `clubledger web` serves. It refuses to load on bad settings."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clubledger.settings")
application = get_wsgi_application()

from clubledger.foundation import checks, engine, warm_up  # noqa: E402 - they need Django to be set up

checks.refuse_bad_settings()
engine.start()
warm_up.warm_up()
