"""Chaos in a smaller measure: fewer kills and a shorter time than `make chaos`, the same oracle."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub.chaos.installation import root
from tests.peers import peer

pytestmark = pytest.mark.alone


def test_nothing_is_lost_doubled_or_lied_about(tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]) -> None:
    found = peer("redmine")
    seed = int(os.environ.get("JINGWEI_SEED") or random.SystemRandom().randrange(10**6))
    folder: Path = tmp_path_factory.mktemp("chaos")
    kept = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "JINGWEI_HOME")}
    command = [sys.executable, "-m", "tests.hub.chaos.run", "--seconds", "150", "--kills", "20", "--crashes", "2", "--seed", str(seed), "--folder", str(folder)]
    done = subprocess.run(command, cwd=root, env={**kept, **found}, capture_output=True, text=True, timeout=900, check=False)
    with capsys.disabled():
        print(f"\n{done.stdout}")
    assert done.returncode == 0, f"repeat with JINGWEI_SEED={seed}; logs in {folder}\n{done.stdout}\n{done.stderr[-3000:]}"
    assert int(re.search(r"^kills: (\d+)", done.stdout, re.MULTILINE)[1]) >= 15  # type: ignore[index]
