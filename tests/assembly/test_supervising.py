"""What the supervisor is made of: pauses, pulses, ports, the reserve, the console, and a database brought back from the worst."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jingwei.assembly.supervising import children, probes
from jingwei.assembly.supervising.children import Child
from jingwei.assembly.supervising.compiling import Compiling
from jingwei.assembly.supervising.console import Console, kept_bytes, log_bytes, shorten
from jingwei.assembly.supervising.room import Room
from jingwei.frame.postgres import address, embedded
from jingwei.frame.work import disk, pulse
from jingwei.kernels import ready


def ended(child: Child, now: float, code: int = 1) -> float:
    """The pause after a death."""

    class Gone:
        def poll(self) -> int:
            return code

    child.process = Gone()  # type: ignore[assignment]
    found = child.bury(now)
    assert found is not None and found[0] == code and child.process is None
    return found[1]


def test_who_never_lives_is_tried_more_rarely_and_who_lived_is_back_at_once() -> None:
    stillborn = Child("x", "x", [], hang_seconds=30)
    pauses = [ended(stillborn, 1000.0) for _ in range(12)]
    assert pauses[0] == 0.25 and pauses == sorted(pauses) and pauses[-1] == children.pause_of_the_stillborn
    lively = Child("x", "x", [], hang_seconds=30)
    for _ in range(12):
        lively.started_at, lively.last_sign = 1000.0, 1001.0
        assert ended(lively, 1005.0, -9) <= children.pause_of_the_lively
    lively.started_at, lively.last_sign = 1000.0, 1001.0
    assert ended(lively, 1000.0 + children.healthy_seconds, -9) == 0.25, "a healthy minute makes all forgotten"


def test_who_ended_by_itself_is_followed_at_once() -> None:
    child = Child("x", "x", [], hang_seconds=30, started_at=1000.0, last_sign=1001.0)
    assert ended(child, 1100.0, -signal.SIGTERM) == 0


def test_a_pulse_is_felt_and_its_absence_noticed(tmp_path: Path) -> None:
    code = "from jingwei.frame.work import pulse; import time; pulse.beat(); time.sleep(60)"
    child = Child("x", "x", [sys.executable, "-c", code], hang_seconds=0.5)
    child.start(tmp_path)
    try:
        end = time.monotonic() + 60
        while not child.last_sign and time.monotonic() < end:
            child.feel()
            time.sleep(0.05)
        assert child.last_sign and not child.hangs(child.last_sign + 0.4)
        time.sleep(0.6)
        child.feel()
        assert child.hangs(time.monotonic()), "it beats no more"
    finally:
        child.kill()
        assert child.process is not None
        child.process.wait(10)
    child.bury(time.monotonic())


def test_a_pulse_nobody_takes_ends_nobody_but_a_supervisor_that_is_gone_does(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _pid, number: told.append(number))
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    monkeypatch.setenv(pulse.variable, str(writing))
    for _ in range(70_000):
        pulse.beat()
    assert not told
    os.close(reading)
    pulse.beat()
    pulse.beat()
    assert told == [signal.SIGTERM], "once"
    os.close(writing)


def test_a_spare_takes_over_at_once(tmp_path: Path) -> None:
    code = (
        "import os, time; from jingwei.frame.work import pulse; go = os.environ.get('JINGWEI_STANDBY')\n"
        "if go and not os.read(int(go), 1): raise SystemExit\n"
        "pulse.beat(); time.sleep(60)"
    )
    child = Child("x", "x", [sys.executable, "-c", code], hang_seconds=30, has_spare=True)
    child.start(tmp_path)
    first = child.process
    try:
        child.prepare_spare(tmp_path)
        assert child._spare is None, "not before this one has come to life"
        child.started_at, child.last_sign = time.monotonic() - 10, time.monotonic()
        child.prepare_spare(tmp_path)
        spare = child._spare
        assert spare is not None
        child.kill()
        assert first is not None
        first.wait(10)
        assert child.bury(time.monotonic()) is not None
        child.start(tmp_path)
        assert child.process is spare.process and child._spare is None
        end = time.monotonic() + 60
        while not child.last_sign and time.monotonic() < end:
            child.feel()
            time.sleep(0.05)
        assert child.last_sign, "it was told to go"
        child.started_at -= 10
        child.prepare_spare(tmp_path)
        left = child._spare
        assert left is not None
        child.dismiss_spare()
        assert not left.is_alive()
    finally:
        child.kill()
        assert child.process is not None
        child.process.wait(10)
        child.bury(time.monotonic())


def test_a_taken_port_is_replaced_by_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = probes.free_port("127.0.0.1", port)
        assert found != port and probes.port_is_free("127.0.0.1", found)
        assert probes.free_port("127.0.0.1", found, {found}) not in (port, found)
    assert not probes.web_answers("127.0.0.1", found, seconds=0.5)


def test_the_reserve_is_given_up_when_the_disk_is_full_and_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    free = [10_000_000_000]
    monkeypatch.setenv("JINGWEI_DISK_MIN_MB", "4")
    monkeypatch.setattr(disk, "free", lambda: free[0])
    room = Room(tmp_path, Console(tmp_path))
    room.look()
    assert (tmp_path / "reserve").stat().st_size == 2_000_000
    free[0] = 3_000_000
    room.look()
    assert (tmp_path / "reserve").exists(), "not yet"
    free[0] = 1_000_000
    room.look()
    assert not (tmp_path / "reserve").exists()
    free[0] = 9_000_000
    room.look()
    assert not (tmp_path / "reserve").exists(), "there must be room for more than the reserve"
    free[0] = 20_000_000
    room.look()
    assert (tmp_path / "reserve").exists()
    told = capsys.readouterr().out
    assert "磁盘将满" in told and "room on the disk again" in told
    assert "磁盘将满" in (tmp_path / "up.log").read_text()


def test_telling_never_fails(tmp_path: Path) -> None:
    console = Console(tmp_path / "nowhere")
    console.tell("说", "said")
    for _ in range(3):
        console.tell_once("k", "说", "said")
    assert console.forget("k") and not console.forget("k")


def test_a_folder_of_logs_that_was_removed_is_made_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = tmp_path / "logs"
    console = Console(logs)
    child = Child("x", "x", [sys.executable, "-c", "print('alive')"])
    for _ in range(2):
        console.tell("说", "said")
        assert "said" in (logs / "up.log").read_text()
        shutil.rmtree(logs)
        child.start(logs)
        assert child.process is not None
        child.process.wait(60)
        child.bury(time.monotonic())
        assert (logs / "x.log").read_text() == "alive\n"
        shutil.rmtree(logs)


def test_a_log_that_has_grown_keeps_its_end(tmp_path: Path) -> None:
    file = tmp_path / "web.log"
    with file.open("ab") as writer:
        writer.write(b"x" * log_bytes + b"end\n")
        writer.flush()
        shorten(tmp_path)
        writer.write(b"more\n")
    assert file.read_bytes() == b"more\n"
    kept = (tmp_path / "web.log.1").read_bytes()
    assert len(kept) == kept_bytes and kept.endswith(b"end\n")


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server of its own."""
    home = tmp_path_factory.mktemp("db")
    monkeypatch.setenv("JINGWEI_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    address.start_embedded()
    folder = address.data_folder()
    yield folder
    embedded.end_leftovers(folder)

    shutil.rmtree(home, ignore_errors=True)


def test_the_database_comes_back_from_whatever_happened_to_it(database: Path) -> None:
    assert embedded.state(database) == "up" and not embedded.ensure(database)
    first = embedded.first_process(database)
    assert first is not None
    first.kill()  # its children, the shared memory and the pid file stay
    began = time.monotonic()
    assert embedded.ensure(database), "the pid file is not believed"
    assert time.monotonic() - began < 20
    assert embedded.state(database) == "up"
    for each in embedded.processes(database):
        each.kill()
    (database / "postmaster.pid").write_text(f"{os.getpid()}\n{database}\n")  # the number now belongs to somebody else
    assert embedded.ensure(database)
    assert address.start_embedded() and embedded.state(database) == "up"


def test_a_hung_database_is_ended_and_started(database: Path) -> None:
    first = embedded.first_process(database)
    assert first is not None
    first.suspend()
    assert embedded.state(database, seconds=2) == "down"
    assert embedded.revive(database, hung_seconds=1.0)
    assert embedded.state(database) == "up"


def test_kernels_are_compiled_beside_the_work_and_stopped_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    compiling = Compiling(Console(tmp_path), tmp_path)
    monkeypatch.setattr(ready, "are_ready", lambda: True)
    compiling.start()
    compiling.stop()
    assert "编译" not in capsys.readouterr().out and not (tmp_path / "kernels.log").exists()
    monkeypatch.setattr(ready, "are_ready", lambda: False)
    monkeypatch.setattr(compiling, "command", [sys.executable, "-c", "import time; time.sleep(60)"])
    compiling.start()
    process = compiling.process
    assert process is not None and os.getpriority(os.PRIO_PROCESS, process.pid) == 19 and "编译" in capsys.readouterr().out
    compiling.stop()
    assert process.returncode == -signal.SIGTERM
