"""Commands that set the database up and run the programs: migrate, serve, web, worker."""

import argparse
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command

from clubledger.cli.supervisor import Child, Supervisor, own_command
from clubledger.foundation import logs


def add_commands(commands: Any) -> None:
    """Add the commands of this group."""
    migrate = commands.add_parser("migrate", help="bring the database to this version")
    migrate.set_defaults(run=run_migrate)
    serve = commands.add_parser("serve", help="run web and worker on this machine; starts a dead one again")
    serve.set_defaults(run=run_serve)
    web = commands.add_parser("web", help="run the web")
    web.set_defaults(run=run_web)
    worker = commands.add_parser("worker", help="run tasks: reading files, sending journals")
    worker.add_argument("--threads", type=int, default=settings.CLUBLEDGER_WORKER_THREADS, help="tasks at a time")
    worker.set_defaults(run=run_worker)


def run_migrate(_asked: argparse.Namespace) -> int:
    """Bring the database to this version and gather the static files."""
    migrate()
    print("The database is up to date.")
    return 0


def migrate() -> None:
    """Bring the database to this version, making its folder first where it is a file, and gather the static files."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    gather_static_files()


def gather_static_files() -> None:
    """Copy what pages need into the var folder, under names that change with their content."""
    call_command("collectstatic", verbosity=0, interactive=False, skip_checks=True)


def web_children() -> list[Child]:
    """Return the two programs of one machine, as children to supervise."""
    return [Child("web", own_command("web")), Child("worker", own_command("worker"))]


def run_serve(_asked: argparse.Namespace) -> int:
    """Run web and worker until told to stop."""
    logs.set_level(settings.LOG_LEVEL)
    log = logs.logger(__name__)
    stop_seconds = settings.CLUBLEDGER_STOP_SECONDS + 5
    return Supervisor(web_children(), stop_seconds=stop_seconds, say=log.warning).run()


def run_web(_asked: argparse.Namespace) -> int:
    """Become gunicorn, which stops on SIGTERM after finishing the requests it has."""
    gather_static_files()
    sys.stdout.flush()
    host = f"[{settings.CLUBLEDGER_BIND}]" if ":" in settings.CLUBLEDGER_BIND else settings.CLUBLEDGER_BIND
    command = [
        sys.executable, "-m", "gunicorn", "clubledger.wsgi:application",
        "--bind", f"{host}:{settings.CLUBLEDGER_PORT}",
        "--workers", str(settings.CLUBLEDGER_WEB_WORKERS),
        "--threads", str(settings.CLUBLEDGER_WEB_THREADS),
        "--worker-class", "gthread",
        "--log-level", "warning",
        "--graceful-timeout", "25",
        "--no-control-socket",
    ]  # fmt: skip
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def run_worker(asked: argparse.Namespace) -> int:
    """Run tasks until told to stop."""
    from clubledger.foundation import engine

    logs.set_level(settings.LOG_LEVEL)
    engine.run_worker(threads=max(1, asked.threads), stop_seconds=settings.CLUBLEDGER_STOP_SECONDS)
    return 0
