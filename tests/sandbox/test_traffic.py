"""The traffic generator against all three systems."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from tests.sandbox.program import api_key, root, running


def test_fifty_edits_reach_all_three_systems(tmp_path: Path) -> None:
    with ExitStack() as stack:
        systems = {name: stack.enter_context(running(name, tmp_path / f"{name}.db")) for name in ("tracker", "erp", "mes")}
        marks = {name: systems[name].call("GET", "/health").json()["records"] for name in systems}
        command = [sys.executable, "-m", "sandbox", "traffic", "--per-minute", "6000", "--count", "50", "--seed", "1", "--api-key", api_key]
        for name, program in systems.items():
            command += [f"--{name}", program.url]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=True)
        lines = done.stdout.splitlines()
        assert len(lines) == 50
        assert not [line for line in lines if "failed" in line]
        changed = systems["tracker"].call("GET", "/api/issues?limit=100&updated_since=2026-11-20T00:00:00Z").json()["issues"]
        assert len({each["id"] for each in changed if each["version"] > 1}) >= 10
        assert all(each["updated_by"] != "integration" for each in changed)
        assert systems["erp"].call("GET", "/health").json()["records"]["cost_vouchers"] > marks["erp"]["cost_vouchers"]
        moved = systems["mes"].call("GET", "/api/changes/work_orders?changed_after=324&limit=100").json()["items"]  # 324 records were seeded
        assert len(moved) >= 3


def test_a_dead_peer_does_not_stop_it(tmp_path: Path) -> None:
    with running("mes", tmp_path / "mes.db") as mes:
        command = [sys.executable, "-m", "sandbox", "traffic", "--tracker", "http://127.0.0.1:9", "--erp", "http://127.0.0.1:9"]
        command += ["--mes", mes.url, "--per-minute", "6000", "--count", "30", "--api-key", api_key]
        lines = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    assert len(lines) == 30
    failed = [line for line in lines if "failed" in line]
    assert 0 < len(failed) < 30
