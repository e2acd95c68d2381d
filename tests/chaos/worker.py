"""A real worker process for chaos: serves whatever is due, on a clock that the run can move, until it is killed."""

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path


class FileClock:
    """The machine's clock, moved by the seconds that stand in a file all processes of the run share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """Return the instant of the run."""
        return datetime.now(UTC) + timedelta(seconds=float(self._path.read_text() or 0))


def main() -> None:
    """Serve due clubs for ever."""
    import django

    django.setup()
    from django.db import OperationalError, close_old_connections

    from clubledger.delivery import serve
    from clubledger.delivery.sending import turns
    from clubledger.foundation import clock

    with clock.use(FileClock(Path(os.environ["CHAOS_CLOCK"]))):
        print("ready", flush=True)
        while True:
            try:
                for club_id in turns.due_club_ids():
                    serve.serve_club(club_id)
            except OperationalError as error:
                # A killed neighbour may leave the database busy for a moment; the next round goes on.
                print(error, file=sys.stderr)
            close_old_connections()
            time.sleep(0.02)


if __name__ == "__main__":
    main()
