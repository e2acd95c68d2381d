"""How big the world is that the club's pages are measured in, and when and by whom it is looked at."""

from datetime import UTC, date, datetime, timedelta

LAST_ON = date(2026, 11, 15)
UNSENT_WEEKS, UNSENT_A_DAY = 157, 273
HISTORY_WEEKS, HISTORY_A_DAY = 626, 1142
CHARGES, NEW_CHARGES, GL_CODES, JOBS, PEOPLE = 400, 12, 250, 40, 40
SUBSCRIPTIONS, WIDE_ROWS, REFUSED_ROWS, AUDIT_EVENTS = 8_000, 3_000, 20_000, 300_000
SUBSCRIPTIONS_ON, WIDE_ON = date(2026, 7, 1), date(2026, 6, 30)
UNSENT_FROM = LAST_ON - timedelta(days=UNSENT_WEEKS * 7 - 1)
HISTORY_FROM = UNSENT_FROM - timedelta(days=HISTORY_WEEKS * 7)
AT = datetime(2026, 11, 15, 3, 0, tzinfo=UTC)
SLUG, OWNER = "banksia-park", "owner@banksiapark.example"

ACCOUNT_TYPES = ("SUBS", "HOUSE", "PRIZE", "BAR", "GOLF", "LEVY")
METHODS = ("CARD", "EFTPOS", "CASH", "DIRECT", "GATEWAY", "POSCLR")
JOB_NAMES = [f"{place} {number}" for number in range(8) for place in ("Golf", "Bar", "Pro shop", "Course", "Function")]
