"""Law of the vendored files: every file is listed with its hash and licence, and nothing unlisted lies there."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "src/jingwei/frame/static/vendor"
TEST_ONLY = ROOT / "tests/vendor"
FOLDERS = pytest.mark.parametrize("folder", [SHIPPED, TEST_ONLY], ids=["shipped", "test-only"])
PERMISSIVE = {"0BSD", "MIT", "Apache-2.0", "BSD-3-Clause", "ISC"}
LICENCE_WORDS = {
    "0BSD": "Zero-Clause BSD",
    "MIT": "Permission is hereby granted",
    "Apache-2.0": "Apache License",
    "MPL-2.0": "Mozilla Public License",
}


def libraries_of(folder: Path) -> list[dict[str, Any]]:
    """The [[library]] tables of a folder's manifest."""
    listed: list[dict[str, Any]] = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))["library"]
    return listed


def entries_of(folder: Path) -> list[dict[str, str]]:
    """Every listed file, licence texts included, as {path, sha256}."""
    return [entry for library in libraries_of(folder) for entry in [*library["file"], *library["licence_text"]]]


@FOLDERS
def test_every_listed_file_has_the_hash_it_had_when_it_was_taken_in(folder: Path) -> None:
    entries = entries_of(folder)
    assert entries
    wrong = [entry["path"] for entry in entries if hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest() != entry["sha256"]]
    assert wrong == []


@FOLDERS
def test_nothing_unlisted_lies_in_the_folder(folder: Path) -> None:
    lying = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"manifest.toml"}
    assert lying == {entry["path"] for entry in entries_of(folder)}


@FOLDERS
def test_every_library_is_pinned_and_carries_its_licence_text(folder: Path) -> None:
    for library in libraries_of(folder):
        assert re.fullmatch(r"\d+\.\d+\.\d+", library["version"]), library["name"]
        assert library["package"] and library["file"], library["name"]
        texts = " ".join((folder / entry["path"]).read_text(encoding="utf-8") for entry in library["licence_text"])
        assert LICENCE_WORDS[library["licence"]] in texts, library["name"]


def test_what_we_ship_is_permissive() -> None:
    assert {library["licence"] for library in libraries_of(SHIPPED)} <= PERMISSIVE


def test_no_shipped_file_asks_for_a_source_map_that_is_not_there() -> None:
    asking = [path.name for path in SHIPPED.rglob("*") if path.suffix in {".js", ".css"} and "sourceMappingURL=" in path.read_text(encoding="utf-8")]
    assert asking == []


def test_the_icon_sprite_holds_unique_symbols_that_are_drawn() -> None:
    sprite = (SHIPPED / "icons.svg").read_text(encoding="utf-8")
    symbols = re.findall(r'<symbol id="(i-[a-z0-9-]+)" viewBox="0 0 24 24"[^>]*>(.*?)</symbol>', sprite)
    assert len(symbols) == len({name for name, _ in symbols}) == sprite.count("<symbol ")
    assert all("<path" in drawing for _, drawing in symbols)
    assert {"i-home", "i-search", "i-check", "i-x", "i-menu", "i-topology"} <= {name for name, _ in symbols}
