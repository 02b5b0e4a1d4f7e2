"""The kernels' machine code is made before anybody waits for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import jingwei.kernels
from jingwei.kernels import ready

folder = Path(jingwei.kernels.__file__).parent


def test_every_step_runs() -> None:
    for step in ready.steps.values():
        step()


def test_what_is_made_is_all_that_pages_call() -> None:
    """Given the code as it was made, when a plan is scheduled, simulated and levelled in a process that may keep nothing, then nothing is compiled."""
    code = (
        "from numba.core import event\n"
        "with event.install_recorder('numba:compile') as seen:\n"
        "    from jingwei.kernels import ready\n"
        "    for step in ready.steps.values(): step()\n"
        "    for few in ([], [ready.Activity('x', 60)]): ready.schedule_plan(few, [], start=ready._start, data_date=ready._start).date_rows()\n"
        "print(len(seen.buffer))"
    )
    assert ready.main(()) == 0
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "0"


def test_it_is_made_anew_when_a_source_or_the_compiler_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "_kept", tmp_path)
    assert not ready.are_ready()
    (tmp_path / "ready.stamp").write_text(ready._mark())
    assert ready.are_ready()
    (tmp_path / "sources.stamp").write_text("network.py 2")
    assert not ready.are_ready()
    monkeypatch.setenv("JINGWEI_NO_NUMBA", "1")
    assert ready.are_ready()
