"""The demo systems are somebody else's: they import nothing of ours, and nothing beyond the standard library and uvicorn."""

from __future__ import annotations

import ast
import sys

from tests.sandbox.program import root


def test_only_the_standard_library_and_uvicorn_are_imported() -> None:
    files = sorted((root / "sandbox").rglob("*.py"))
    assert len(files) > 15
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.split(".")[0]
                assert top in sys.stdlib_module_names or top in ("sandbox", "uvicorn"), f"{path}: {name}"


def test_ours_never_imports_them() -> None:
    for path in (root / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level > 0 or (node.module or "").split(".")[0] != "sandbox", path
            elif isinstance(node, ast.Import):
                assert all(each.name.split(".")[0] != "sandbox" for each in node.names), path
