"""A web process is ready before its first request, and no page waits for garbage collection over the code."""

import os
import subprocess
import sys
import textwrap

LOOKED_THROUGH = """
    import gc
    import clubledger.wsgi
    from django.template import engines
    from django.urls import reverse

    loader = engines["django"].engine.template_loaders[0]
    templates, address = len(loader.get_template_cache), reverse("gl", args=["any-club"])
    print(templates, address, gc.get_freeze_count(), len(gc.get_objects()))
"""


def test_a_served_process_has_its_templates_and_keeps_its_code_out_of_garbage_collection(tmp_path):
    environment = {**os.environ, "CLUBLEDGER_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LOOKED_THROUGH)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    templates, address, kept_aside, looked_through = run.stdout.split()
    assert int(templates) > 50
    assert address.startswith("/c/any-club/")
    assert int(kept_aside) > 50_000
    assert int(looked_through) < int(kept_aside) / 10
