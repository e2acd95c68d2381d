"""Every address of the installation."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from clubledger.api.v1 import api
from clubledger.api.vendor import api as vendor_api
from clubledger.console import urls
from clubledger.console.metrics import metrics
from clubledger.frame.languages import choose_language
from clubledger.frame.styleguide import styleguide
from clubledger.web import health
from clubledger.web import urls as web
from clubledger.web.connection import urls as changeover_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", api.urls),
    path("api/vendor/v1/", vendor_api.urls),
    path("language/", choose_language, name="choose-language"),
    path("console/", include(urls)),
    path("", include(changeover_urls)),
    path("", include(web)),
]
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
