"""The `xero-simulator` command: serves the simulator on one port until it is stopped."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import uvicorn

from xero_simulator.app import Simulator
from xero_simulator.server import DroppingProtocol, make_application
from xero_simulator.store import Store


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="xero-simulator", description="Serve a stand-in for Xero's sign-in, connections and accounting API."
    )
    default_port = int(os.environ.get("SIMULATOR_PORT", "8900"))
    parser.add_argument("--port", type=int, default=default_port, help="default: SIMULATOR_PORT or 8900")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--origin", help="public address, used as issuer (default http://localhost:PORT)")
    parser.add_argument("--scenario", type=Path, help="JSON file with users, organisations and apps")
    parser.add_argument("--seed", type=int, help="number that makes ids and tokens repeatable")
    parser.add_argument("--store", type=Path, help="file that keeps everything across restarts")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    options = _arguments(given)
    origin = options.origin or f"http://localhost:{options.port}"
    try:
        store = Store(options.store)
        simulator = Simulator(store, origin=origin, seed=options.seed, scenario_source=options.scenario)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"xero-simulator: cannot start: {error}", file=sys.stderr)
        return 1
    print(f"xero-simulator: {origin} (fault kit at {origin}/_sim/)", file=sys.stderr, flush=True)
    config = uvicorn.Config(
        make_application(simulator),
        host=options.host,
        port=options.port,
        http=DroppingProtocol,
        loop="auto",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    try:
        # Ctrl-C is how a person ends it.
        with suppress(KeyboardInterrupt):
            server.run()
    finally:
        with simulator.lock:
            store.close()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
