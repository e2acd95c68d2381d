"""Puts phrases, which programs and records read in English, into the reader's language; see `bookkeeping.phrases`."""

from django.conf import settings
from django.utils import formats, translation
from django.utils.translation import gettext, pgettext

from clubledger.bookkeeping.phrases import Amount, Day, Figure, Phrase, Value


def in_readers_words(text: str) -> str:
    """Return a phrase in the language spoken at this moment; any other text as it is."""
    if not text or not isinstance(text, Phrase) or _is_english():
        return text
    return _translated(text)


def _is_english() -> bool:
    return (translation.get_language() or settings.LANGUAGE_CODE).startswith("en")


def _translated(text: Phrase) -> str:
    form = pgettext("phrase", text.form)
    if form == text.form:
        # What a page shows at once may be kept too: its text is translated without a context.
        form = gettext(text.form)
    return form % {name: _written(value) for name, value in text.values.items()} if text.values else form


def _written(value: Value) -> str:
    """Return a value as the language writes it."""
    match value:
        case Phrase():
            return _translated(value)
        case Amount() | Figure():
            marks = {
                ord(","): formats.get_format("THOUSAND_SEPARATOR"),
                ord("."): formats.get_format("DECIMAL_SEPARATOR"),
            }
            return str(value).translate(marks)
        case Day():
            parts = {"d": f"{value.value:%d}", "m": f"{value.value:%m}", "y": f"{value.value:%Y}"}
            return pgettext("day, month and year", "%(d)s/%(m)s/%(y)s") % parts
    return value
