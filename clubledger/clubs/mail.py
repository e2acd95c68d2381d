"""Sends e-mail. A message that fails is logged and told; it never undoes what it is about."""

import threading
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

AGAIN_AFTER = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240))
"""When what a task sends is tried again after each refusal for a time; after the last of them no more."""

log = structlog.get_logger(__name__)


def is_temporary(error: Exception) -> bool:
    """Whether the mail server refused a message for now (4xx): it took none of it, and may take it later."""
    if isinstance(error, SMTPRecipientsRefused):
        return bool(error.recipients) and all(400 <= code < 500 for code, _words in error.recipients.values())
    return isinstance(error, SMTPResponseException) and 400 <= error.smtp_code < 500


def is_gone(error: Exception) -> bool:
    """Whether the connection to the mail server ended with this: nothing more goes through it."""
    if isinstance(error, SMTPResponseException) and error.smtp_code == 421:
        return True
    if isinstance(error, SMTPRecipientsRefused):
        return any(code == 421 for code, _words in error.recipients.values())
    return isinstance(error, ConnectionError | SMTPServerDisconnected)


def compose(*, to: str, template: str, language: str, **context: object) -> EmailMessage:
    """Return a message from the template `clubs/email/<template>.txt`, whose first line is the subject."""
    with translation.override(language):
        text = render_to_string(f"clubs/email/{template}.txt", context)
    subject, _, body = text.partition("\n")
    return EmailMessage(subject=" ".join(subject.split()), body=body.strip() + "\n", to=[to])


def send(message: EmailMessage) -> bool:
    """Send now and tell whether it left. Never call it inside a database transaction: it talks to another machine."""
    try:
        message.send()
    except (OSError, SMTPException) as error:
        log.warning("mail.not_sent", reason=type(error).__name__)
        return False
    return True


def send_soon(message: EmailMessage) -> None:
    """Send in the background, so that how long an answer takes does not tell whether somebody was written to."""
    if settings.MAIL_IN_BACKGROUND:
        threading.Thread(target=send, args=[message], name="mail", daemon=True).start()
    else:
        send(message)
