"""What a person does with an authenticator app, for tests: read the secret, show the code."""

import base64
import hashlib
import hmac
import re
import struct
import time

from django.test import Client, TestCase

PASSWORD = "correct horse battery"


def code_for(secret: str, steps_ahead: int = 0) -> str:
    """Return the six digits of now, or of so many half-minutes later (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps_ahead)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def sign_in(client: Client, email: str, password: str = PASSWORD):
    """Sign in as far as the password goes."""
    return client.post("/sign-in/", {"login": email, "password": password})


def set_up_app(client: Client) -> str:
    """Set up an authenticator app; returns its secret."""
    page = client.get("/security/app/")
    found = re.search(r'<code class="wrap">([A-Z2-7]+)</code>', page.content.decode())
    assert found is not None, page
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post("/security/app/", {"code": code_for(found[1])})
    assert answer.status_code == 302, answer.content
    return found[1]
