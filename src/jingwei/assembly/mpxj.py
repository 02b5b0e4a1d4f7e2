"""Binary schedule files through MPXJ, an extra: converted to MSPDI in a process of its own, bounded in time and memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

suffixes = frozenset(
    {".mpp", ".mpt", ".mpx", ".mpd", ".pod", ".gan", ".planner", ".pp", ".ppx", ".fts", ".cdpx", ".cdpz", ".sp", ".xer", ".pmxml", ".schedule_grid"}
)
_passed_on = ("PATH", "JAVA_HOME", "JVM_HOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")


class ConversionError(RuntimeError):
    """A file that could not be converted; `zh` says so in Chinese, the text in English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh


def is_installed() -> bool:
    """Whether the extra is there (Java is looked for when it is used)."""
    return find_spec("mpxj") is not None and find_spec("jpype") is not None


def convert(path: Path, *, seconds: int = 120, memory_mb: int = 1024) -> bytes:
    """The file as MSPDI. Raises ConversionError when the extra or Java is missing, the file is unreadable, or a limit is passed."""
    if not is_installed():
        raise ConversionError(
            f"读取 {path.suffix} 需要 MPXJ 扩展：pip install 'jingwei[mpxj]'，并安装 Java 11 以上；或在原软件中另存为 XML",
            f"reading {path.suffix} needs the MPXJ extra: pip install 'jingwei[mpxj]' and Java 11 or newer; or save it as XML where it was made",
        )
    with tempfile.TemporaryDirectory(prefix="jingwei-mpxj-") as folder:
        out = Path(folder) / "plan.xml"
        command = [sys.executable, "-I", str(Path(__file__).with_name("mpxj_process.py")), str(path.resolve()), str(out), str(memory_mb), str(seconds)]
        environment = {name: os.environ[name] for name in _passed_on if name in os.environ}
        try:
            done = subprocess.run(command, capture_output=True, timeout=seconds, env=environment, cwd=folder, check=False)
        except subprocess.TimeoutExpired as problem:
            raise ConversionError(f"{path.name}：{seconds} 秒内未能转换完", f"{path.name} was not converted within {seconds} seconds") from problem
        if done.returncode != 0 or not out.exists():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            why = said[-1][:300] if said else f"exit code {done.returncode}"
            raise ConversionError(f"MPXJ 无法读取 {path.name}：{why}", f"MPXJ cannot read {path.name}: {why}")
        return out.read_bytes()


def convert_content(content: bytes, name: str) -> bytes:
    """A file's content as MSPDI, for pages. Raises ValidationError in the reader's language."""
    from django.core.exceptions import ValidationError

    from jingwei.frame.words import in_words
    from jingwei.kernels.text import Text

    with tempfile.TemporaryDirectory(prefix="jingwei-plan-") as folder:
        path = Path(folder) / ("plan" + Path(name).suffix.lower()[:12])
        path.write_bytes(content)
        try:
            return convert(path)
        except ConversionError as problem:
            raise ValidationError({"file": in_words(Text(problem.zh, str(problem)))}) from problem
