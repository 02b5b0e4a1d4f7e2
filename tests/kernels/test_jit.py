"""Machine code kept on disk is used again, but never after any file of the kernels has changed."""

from __future__ import annotations

import os
from pathlib import Path

from jingwei.kernels.jit import forget_stale_code


def test_kept_code_is_forgotten_when_any_source_has_changed(tmp_path: Path) -> None:
    room = tmp_path / "room" / "__pycache__"
    room.mkdir(parents=True)
    (tmp_path / "room" / "passes.py").write_text("lanes = 128")
    forget_stale_code(tmp_path)
    kept = room / "passes.run-1.py311.nbi"
    kept.write_text("")
    forget_stale_code(tmp_path)
    assert kept.exists(), "nothing has changed"
    (tmp_path / "other.py").write_text("a file that passes.py may call into")
    forget_stale_code(tmp_path)
    assert not kept.exists()
    kept.write_text("")
    os.utime(tmp_path / "other.py", ns=(1, 1))
    forget_stale_code(tmp_path)
    assert not kept.exists(), "a file set back to an older time has changed too"
