"""/metrics: the fleet's figures in Prometheus' text form, for whoever has the token of the settings."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from clubledger.changeover.fleet import gauges

TYPE = "text/plain; version=0.0.4; charset=utf-8"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the figures; 404 where no token is set, 401 for who does not have it."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponse("Authorization: Bearer …\n", status=401, content_type=TYPE)
    return HttpResponse("".join(_text(gauge) for gauge in gauges.measure()), content_type=TYPE)


def _text(gauge: gauges.Gauge) -> str:
    lines = [f"# HELP {gauge.name} {gauge.about}", f"# TYPE {gauge.name} gauge"]
    for value, figure in sorted(gauge.values.items()):
        label = f'{{{gauge.label}="{value}"}}' if gauge.label else ""
        lines.append(f"{gauge.name}{label} {'+Inf' if figure == float('inf') else f'{figure:g}'}")
    return "\n".join(lines) + "\n"
