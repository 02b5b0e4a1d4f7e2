"""One folder per outside system. A connector imports hub.contract only. `catalogue()` finds them by their manifests."""

from __future__ import annotations

import importlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jingwei.hub.contract import Connector, Title
from jingwei.hub.kit import exchange, receiving

auth_kinds = ("none", "header", "bearer", "basic", "query", "token")
_adapter = re.compile(r"[a-z_][a-z0-9_]*:[A-Za-z_][A-Za-z0-9_]*")


class BrokenManifest(ValueError):
    """A manifest that cannot be used; the text names the file and what to mend."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One connector: its manifest as written, and how to make it. Nothing of the adapter is imported before it is made."""

    manifest: Mapping[str, Any]
    factory: Callable[[], Connector] = field(repr=False)

    @property
    def key(self) -> str:
        """What systems name it by."""
        return str(self.manifest["key"])

    @property
    def title(self) -> Title:
        """Its name in both languages."""
        return Title(self.manifest["title"]["zh"], self.manifest["title"]["en"])


def catalogue() -> dict[str, Entry]:
    """Every connector by key: all `connectors/*/*.toml` that name a `key` and an `adapter`. Raises BrokenManifest."""
    return dict(_installed())


@cache
def _installed() -> Mapping[str, Entry]:
    return discover(Path(__file__).parent, __name__)


def discover(folder: Path, package: str) -> dict[str, Entry]:
    """The connectors below a folder whose subfolders are packages of `package`. Raises BrokenManifest."""
    entries: dict[str, Entry] = {}
    for path in sorted(folder.glob("*/*.toml")):
        try:
            manifest = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise BrokenManifest(f"{path}: {problem}") from problem
        if "key" not in manifest or "adapter" not in manifest:
            continue  # a mapping or a code table, not a connector
        wrong = problems_of(manifest)
        if manifest["key"] in entries:
            wrong.append("key: another connector has it already")
        if wrong:
            raise BrokenManifest(f"{path}: {'; '.join(wrong)}")
        module, _, name = manifest["adapter"].partition(":")
        entries[manifest["key"]] = Entry(manifest, _factory(f"{package}.{path.parent.name}.{module}", name))
    return entries


def _factory(module: str, name: str) -> Callable[[], Connector]:
    def make() -> Connector:
        made: Connector = getattr(importlib.import_module(module), name)()
        return made

    return make


def problems_of(manifest: Mapping[str, Any]) -> list[str]:
    """What is wrong with a manifest, in words; empty when it can be used."""
    wrong = []
    if not isinstance(manifest["key"], str) or not re.fullmatch(r"[a-z][a-z0-9_]{1,39}", manifest["key"]):
        wrong.append("key: small letters, digits and _ only, at most 40")
    if not isinstance(manifest["adapter"], str) or not _adapter.fullmatch(manifest["adapter"]):
        wrong.append('adapter: "module:Class"')
    if not _is_title(manifest.get("title")):
        wrong.append("title: zh and en")
    if "summary" in manifest and not _is_title(manifest["summary"]):
        wrong.append("summary: zh and en")
    for name, each in manifest.get("config", {}).get("fields", {}).items():
        if not _is_title(each.get("title")):
            wrong.append(f"config.fields.{name}: title zh and en")
    return wrong + _auth_problems(manifest.get("auth", {"kind": "none"})) + _other_problems(manifest)


def _auth_problems(auth: Mapping[str, Any]) -> list[str]:
    kind = auth.get("kind")
    wrong = [] if kind in auth_kinds else [f"auth.kind: one of {', '.join(auth_kinds)}"]
    if kind == "header" and not auth.get("header"):
        wrong.append("auth.header: needed by kind header")
    if kind == "query" and not (auth.get("params") and set(auth["params"].values()) <= set(auth.get("secrets", {}))):
        wrong.append("auth.params: needed by kind query: names of parameters, each with the name of a secret")
    if kind == "token":
        wrong += exchange.problems_of(auth.get("token"), auth.get("secrets", {}))
    for name, each in auth.get("secrets", {}).items():
        if not _is_title(each.get("title")):
            wrong.append(f"auth.secrets.{name}: title zh and en")
    return wrong


def _other_problems(manifest: Mapping[str, Any]) -> list[str]:
    wrong = []
    if "webhook" in manifest:
        wrong += receiving.problems_of(manifest["webhook"])
    budget = manifest.get("budget", {}).get("requests_per_minute", 1)
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
        wrong.append("budget.requests_per_minute: a whole number from 1")
    return wrong


def _is_title(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(value.get(each), str) and value[each] for each in ("zh", "en"))
