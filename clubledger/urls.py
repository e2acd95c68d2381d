"""Every address of the installation."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from clubledger.api import v1, vendor
from clubledger.console.metrics import metrics
from clubledger.frame.languages import choose_language
from clubledger.frame.styleguide import styleguide
from clubledger.web import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", v1.api.urls),
    path("api/vendor/v1/", vendor.api.urls),
    path("language/", choose_language, name="choose-language"),
    path("console/", include("clubledger.console.urls")),
    path("", include("clubledger.web.urls")),
]
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
