"""What programs, benchmarks and documents import is there, also in programs that stand as text inside others."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

root = Path(__file__).resolve().parents[2]
programs = [path for folder in ("tests", "tools", "sandbox", "benchmarks", "src/jingwei") for path in sorted((root / folder).rglob("*.py"))]


def imported(text: str) -> Iterator[tuple[str, str]]:
    """(module, name) of everything of ours that a program imports by name, and the programs in its texts."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return  # words that are no program
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0 and node.module.split(".")[0] == "jingwei":
            yield from ((node.module, alias.name) for alias in node.names if alias.name != "*")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "import" in node.value and "jingwei." in node.value:
            yield from imported(node.value)


def is_there(module: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(module), name) or bool(importlib.import_module(f"{module}.{name}"))
    except ImportError:
        return False


def test_what_is_imported_is_there() -> None:
    asked = {(module, name, path.relative_to(root).as_posix()) for path in programs for module, name in imported(path.read_text("utf-8"))}
    for page in sorted((root / "docs").rglob("*.md")):
        asked |= {(*found, page.name) for block in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL) for found in imported(block)}
    assert len(asked) > 1000
    assert [f"{where}: {module} has no {name}" for module, name, where in sorted(asked) if not is_there(module, name)] == []


def test_a_program_in_a_text_is_read_too() -> None:
    inner = "run('from jingwei.{} import scope')".format("frame.records")
    assert list(imported(inner)) == [("jingwei.frame.records", "scope")] and not is_there(*next(imported(inner))) and is_there("jingwei.frame", "scope")
