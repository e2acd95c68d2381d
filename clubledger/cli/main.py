"""The command `clubledger`: finds the group that knows the command, refuses bad settings, and prints errors plainly."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from clubledger.cli.errors import Failure, words_of

USAGE_ERROR = 2
GROUPS = {
    "programs": ("migrate", "serve", "web", "worker"),
    "people": ("create-user", "create-club", "close-club", "set-role", "set-currency", "switch-person"),
    "imports": ("import", "imports", "undo-import", "sample-data"),
    "journals": ("journals", "validate", "send", "record"),
    "balances": ("balances",),
    "cutover": ("post-from", "record-up-to"),
    "mapping": ("map", "get-gl-codes", "get-categories"),
    "connection": ("xero-app", "authorise", "change-organisation"),
    "maintenance": ("audit", "rotate-keys"),
    "backups": ("backup", "restore"),
    "changeovers": ("changeovers", "changeover", "plan-changeovers", "staff-key"),
    "demo.command": ("demo",),
}
"""Each module of commands, and what it knows."""


def build_parser(groups: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser with the commands of these groups. Needs Django to be set up: the groups import the rooms."""
    parser = argparse.ArgumentParser(
        prog="clubledger",
        description="Keeps a membership club's books in Xero true to what happened at the club.",
        epilog="`clubledger COMMAND --help` tells more. Settings come from the environment; see docs/settings.md.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for group in groups:
        import_module(f"clubledger.cli.{group}").add_commands(commands)
    return parser


def groups_for(arguments: Sequence[str]) -> list[str]:
    """Return the one group that knows the command, so that no other room is loaded; all of them for help."""
    asked = arguments[0] if arguments else ""
    return [group for group, commands in GROUPS.items() if asked in commands] or list(GROUPS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its status: 0 done, 1 refused or failed (said on stderr), 2 misused."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run the command line and give its status."""
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        if list(arguments[:1]) == ["demo"]:
            # The demo brings settings of its own; they must be in the environment before Django reads them.
            from clubledger.cli.demo import surroundings

            surroundings.enter(surroundings.Ports.from_environment())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clubledger.settings")
        django.setup()
        asked = build_parser(groups_for(arguments)).parse_args(arguments)
        _prepare(needs_settings=getattr(asked, "needs_settings", True))
        status: int = asked.run(asked) or 0
        sys.stdout.flush()
    except ImproperlyConfigured as error:
        return _complain(str(error), USAGE_ERROR)
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more may be written, not even at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _complain("Stopped.", 130)
    except Exception as error:
        words = words_of(error)
        if words is None:
            raise
        return _complain(words, error.status if isinstance(error, Failure) else 1)
    return status


def _prepare(*, needs_settings: bool) -> None:
    from clubledger.foundation import checks, logs, wake

    # A person reads this output; what the rooms log below a warning is for the long-running commands, which raise it.
    logs.set_level("WARNING")
    if needs_settings:
        checks.refuse_bad_settings()
        wake.use_engine(_enqueue)


def _enqueue(name: str, arguments: dict[str, Any], delay_seconds: float) -> None:
    # The queue is loaded only by the commands that wake somebody: it would double the time of all others.
    from clubledger.foundation import engine

    engine.enqueue(name, arguments, delay_seconds)


def _complain(words: str, status: int) -> int:
    print(f"clubledger: {words}", file=sys.stderr)
    return status
