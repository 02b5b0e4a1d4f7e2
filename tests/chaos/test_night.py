"""A bad night in a small measure: few kills, one database crash, one full disk; the same judge as `make bad-night`."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.house import root

pytestmark = pytest.mark.alone


def test_what_was_acknowledged_is_kept_whatever_happens(capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("JINGWEI_SEED") or random.SystemRandom().randrange(10**6))
    cache = Path(os.environ["JINGWEI_HOME"])
    kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "JINGWEI_HOME")}
    measure = ["--kills", "2", "--crashes", "1", "--disks", "1", "--seconds", "60", "--seed", str(seed), "--cache", str(cache)]
    done = subprocess.run([sys.executable, "-m", "tests.chaos.night", *measure], cwd=root, env=kept, capture_output=True, text=True, timeout=900, check=False)
    with capsys.disabled():
        print(f"\n{done.stdout}")
    assert done.returncode == 0, f"repeat with JINGWEI_SEED={seed}\n{done.stdout}\n{done.stderr[-3000:]}"
    assert "lost 0, doubled 0" in done.stdout
