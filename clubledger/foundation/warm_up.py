"""What a web process does before its first request, so that no request waits for it later.

Python looks through all that a process keeps whenever a good deal was added: 0.1 s in the middle of a page, with the
hundreds of thousands of objects of the loaded code among them. Those never go away; they are taken out of these rounds.
"""

import gc
from pathlib import Path
from typing import Any

from django.apps import apps
from django.template import engines
from django.urls import URLPattern, URLResolver, get_resolver

PRODUCT = "clubledger."


def warm_up() -> int:
    """Load every address and every template of ours, then set what is kept aside from garbage collection.

    Gives the number of objects set aside. Call it once, after Django is set up and before any request.
    """
    _load_addresses(get_resolver())
    for engine in engines.all():
        for name in _templates():
            engine.get_template(name)
    gc.collect()
    gc.freeze()
    return gc.get_freeze_count()


def _load_addresses(at: URLResolver | URLPattern) -> None:
    if isinstance(at, URLResolver):
        patterns: list[Any] = at.url_patterns
        for each in patterns:
            _load_addresses(each)


def _templates() -> list[str]:
    """Return the names of the product's own templates as pages ask for them."""
    folders = [Path(app.path) / "templates" for app in apps.get_app_configs() if app.name.startswith(PRODUCT)]
    return sorted(str(path.relative_to(folder)) for folder in folders for path in folder.rglob("*.html"))
