"""What the supervisor tells: in full on the console, without secrets in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from jingwei.assembly.supervising.console import Console


def test_the_file_has_no_link_that_opens_and_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given links and secrets that the supervisor tells, then the console shows them, and the file has them masked."""
    console = Console(tmp_path)
    console.tell("首次登录：http://localhost:8000/setup/oneTimeSecret_1/", "first log-in: open this one-time link", mark="→")
    console.tell_once("x", "失败：/accounts/password/reset/key/oneTimeSecret_2/", "it failed: password=oneTimeSecret_3 token: oneTimeSecret_4")
    console.tell("就绪：http://localhost:8000", "ready in 2.0 s", mark="✓")
    shown, kept = capsys.readouterr().out, (tmp_path / "up.log").read_text()
    assert all(f"oneTimeSecret_{number}" in shown for number in (1, 2, 3, 4))
    assert "oneTimeSecret" not in kept and "http://localhost:8000/setup/***/" in kept
    assert "就绪：http://localhost:8000  ready in 2.0 s" in kept and "first log-in" in kept
    assert (tmp_path / "up.log").stat().st_mode & 0o777 == 0o600
