"""A change is in the archive a minute later, whatever the server's own clockwork does; and when it is not, everybody is told."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import datetime

import psutil
import pytest

from jingwei.assembly.archiving import keeping, lag, report, switch
from jingwei.assembly.archiving.keeping import Keeper
from jingwei.assembly.archiving.places import Archive
from jingwei.frame.postgres import address, embedded
from tests.assembly.archived import Lived, drained, until


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute is a second; the server keeps to its own."""
    monkeypatch.setattr(keeping, "lag_looked_at_every", 0.1)
    monkeypatch.setattr(switch, "timeout_seconds", 1.0)
    monkeypatch.setattr(switch, "carry_in", lambda: False)
    monkeypatch.setattr(lag, "late_after", 3.0)


def beat(lived: Lived) -> datetime:
    """A change that no other test counts, and the moment after it."""
    with lived.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS beats (at timestamptz)")
        connection.execute("INSERT INTO beats VALUES (now())")
    return lived.write()


def round_of(keeper: Keeper) -> None:
    """One round, as it makes one every two seconds."""
    keeper.round()
    keeper.look_at_lag()
    time.sleep(0.1)


def reaches(lived: Lived, keeper: Keeper, moment: datetime) -> bool:
    """Whether the archive of a server that lives reaches so far, after one more round."""
    beat(lived)
    round_of(keeper)
    return bool(keeper.state.covered) and datetime.fromisoformat(keeper.state.covered) >= moment


@pytest.fixture
def still(lived: Lived) -> Iterator[None]:
    """The server does nothing by itself either."""
    for words in ("ALTER SYSTEM SET autovacuum = off", "ALTER SYSTEM RESET autovacuum"):
        with lived.connect() as connection:
            connection.execute(words)
            connection.execute("SELECT pg_reload_conf()")
        if words.endswith("off"):
            yield


@pytest.mark.usefixtures("hasty")
def test_a_server_that_has_just_started_is_made_to_finish_its_log(lived: Lived) -> None:
    """Its checkpointer sleeps for a quarter of an hour then, and would finish nothing."""
    address.stop_embedded()
    address.start_embedded()
    keeper = lived.keeper()
    moment = beat(lived)
    until(lambda: reaches(lived, keeper, moment), 30)
    second = beat(lived)
    until(lambda: reaches(lived, keeper, second), 30)


@pytest.mark.usefixtures("hasty", "still")
def test_a_server_that_nobody_changes_is_left_alone(lived: Lived) -> None:
    keeper = lived.keeper()
    until(lambda: reaches(lived, keeper, lived.moments[0]))
    for _ in range(40):  # what others left is finished first
        round_of(keeper)
    drained(keeper)
    before = Archive(lived.folder).segments[-1]
    for _ in range(40):
        round_of(keeper)
    assert Archive(lived.folder).segments[-1] == before and report.trouble() is None


@pytest.mark.usefixtures("hasty")
def test_changes_that_the_server_does_not_hand_over_are_told(lived: Lived) -> None:
    first = embedded.first_process(lived.home.path / "postgres")
    assert first is not None
    (archiver,) = [each for each in first.children() if "archiver" in " ".join(each.cmdline())]
    keeper = lived.keeper()
    keeper.look_at_lag()
    archiver.send_signal(signal.SIGSTOP)
    try:
        moment = beat(lived)
        until(lambda: not reaches(lived, keeper, moment) and keeper.state.trouble is not None, 30)
        assert keeper.state.trouble is not None and keeper.state.trouble.key == "late"
        assert report.healthy()["archive"] == "late"
        done = lived.home.run("archive", "status")
        assert done.returncode == 1 and "交出日志" in done.stdout
    finally:
        archiver.send_signal(signal.SIGCONT)
    until(lambda: reaches(lived, keeper, moment) and keeper.state.trouble is None, 30)
    assert psutil.pid_exists(archiver.pid)
