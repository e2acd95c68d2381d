"""One command runs web and worker on one machine: ready when both are, again when one died, gone when told to."""

import os
import signal
import subprocess
import sys

import pytest

from tests.cli.programs import children_of, clubledger, free_port, own_settings, running, status_of, wait_for

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    made = own_settings(tmp_path_factory.mktemp("serve"), free_port(), free_port())
    assert "up to date" in clubledger(made, "migrate").stdout
    return made


def test_it_is_ready_starts_a_dead_part_again_and_stops_cleanly(environment, tmp_path):
    base, log = f"http://localhost:{environment['CLUBLEDGER_PORT']}", tmp_path / "serve.log"
    with running(environment, "clubledger", "serve", log=log) as server:
        wait_for(lambda: status_of(f"{base}/readyz") == 200, "readiness", log)
        assert status_of(f"{base}/healthz") == 200
        before = children_of(server.pid)
        assert len(before) == 2
        worker = next(pid for pid, command in before.items() if "worker" in command)
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: len(set(children_of(server.pid)) - set(before)) == 1, "a new worker", log)
        everyone = children_of(server.pid)
        # Told to stop at once, the new worker may still be starting; readiness says that it is there.
        wait_for(lambda: status_of(f"{base}/readyz") == 200, "readiness again", log)
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    assert not any(_is_alive(pid) for pid in everyone)
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_without_a_worker_it_is_alive_but_not_ready(environment, tmp_path):
    other = environment | {"CLUBLEDGER_VAR": str(tmp_path), "CLUBLEDGER_PORT": str(free_port())}
    base, log = f"http://localhost:{other['CLUBLEDGER_PORT']}", tmp_path / "web.log"
    with running(other, "clubledger", "web", log=log):
        wait_for(lambda: status_of(f"{base}/healthz") == 200, "the web", log)
        assert status_of(f"{base}/readyz") == 503


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a program of its parent's end")
def test_killed_outright_it_leaves_nothing_running(environment, tmp_path):
    log = tmp_path / "serve.log"
    keeps = "Supervisor([Child('one', ['sleep', '600'])], stop_seconds=1, say=print).run()"
    program = f"from clubledger.cli.supervisor import Child, Supervisor; {keeps}"
    with (
        log.open("wb") as out,
        subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=out) as keeper,
    ):
        wait_for(lambda: any("sleep" in command for command in children_of(keeper.pid).values()), "its child", log)
        child = next(iter(children_of(keeper.pid)))
        keeper.kill()
    wait_for(lambda: not _is_alive(child), "the end of its child", log)
    assert not _is_alive(child)


def _is_alive(pid: int) -> bool:
    listed = subprocess.run(["ps", "-p", str(pid), "-o", "stat="], capture_output=True, text=True, check=False).stdout
    return bool(listed.strip()) and not listed.strip().startswith("Z")
