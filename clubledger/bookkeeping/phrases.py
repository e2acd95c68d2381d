"""Sentences that are kept as they were said, in English, and can still be put into another language when shown.

`phrase` marks the form of such a sentence, so that its translation is collected with all others. Whoever shows one asks
`foundation.phrasebook` for it in the reader's language; programs and records go on reading the English.
"""


def phrase(form: str, /, **values: object) -> str:
    """Give the sentence of a form: `phrase("GL code %(code)s is archived.", code="200")`."""
    return form % values


def counted(number: int, one: str, many: str) -> str:
    """Give how many for a record, which is kept in English: `counted(1, "journal was", "journals were")`."""
    return f"{number:,} {one if number == 1 else many}"
