"""Connectors are found by their manifests, and a manifest that cannot be used is refused by name."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from jingwei.connectors import BrokenManifest, catalogue, discover
from jingwei.hub.contract import Connector

good = """
key = "acme"
adapter = "adapter:Acme"
title = { zh = "甲", en = "Acme" }
"""
operations = sorted(name for name, each in vars(Connector).items() if inspect.isfunction(each) and not name.startswith("_"))


def _written(folder: Path, text: str, name: str = "acme/manifest.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


def test_the_installed_connectors_are_found() -> None:
    assert {"sandbox_tracker", "sandbox_erp", "sandbox_mes"} <= set(catalogue())
    assert all(key == entry.key == entry.manifest["key"] for key, entry in catalogue().items())


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_every_connector_can_be_made_and_does_all_that_the_contract_asks(key: str) -> None:
    made = catalogue()[key].factory()
    for name in operations:
        given = list(inspect.signature(getattr(made, name)).parameters)
        wanted = list(inspect.signature(getattr(Connector, name)).parameters)[1:]
        assert given == wanted, name


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_connector_that_needs_credentials_says_which(key: str) -> None:
    auth = catalogue()[key].manifest.get("auth", {"kind": "none"})
    assert bool(auth.get("secrets")) == (auth["kind"] != "none")


def test_a_toml_that_is_no_manifest_is_passed_over(tmp_path: Path) -> None:
    _written(tmp_path, good)
    _written(tmp_path, "[status]\ndone = 100\n", "acme/mapping.toml")
    assert set(discover(tmp_path, "nowhere")) == {"acme"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (('key = "acme"', 'key = "Acme Inc"'), "key"),
        (('"adapter:Acme"', '"../evil:Acme"'), "adapter"),
        (('"adapter:Acme"', '"adapter"'), "adapter"),
        (('zh = "甲", ', ""), "title"),
        (("title", 'auth = { kind = "magic" }\ntitle'), "auth.kind"),
        (("title", 'auth = { kind = "header" }\ntitle'), "auth.header"),
        (("title", 'auth = { kind = "bearer", secrets = { token = {} } }\ntitle'), "auth.secrets.token"),
        (("title", 'auth = { kind = "query", params = { key = "key" } }\ntitle'), "auth.params"),
        (("title", 'auth = { kind = "token" }\ntitle'), "auth.token: needed"),
        (("title", 'auth = { kind = "token", token = { address = "/t", header = "X", query = "y" } }\ntitle'), "either header or query"),
        (("title", 'auth = { kind = "token", token = { address = "http://else.example/t", header = "X" } }\ntitle'), "auth.token.address"),
        (("title", 'auth = { kind = "token", token = { address = "/t", header = "X", fields = { id = "$id" } } }\ntitle'), "there is no secret 'id'"),
        (("title", 'auth = { kind = "token", token = { address = "/t", header = "X", send = "basic" } }\ntitle'), "client_id and client_secret"),
        (("title", 'auth = { kind = "token", token = { address = "/t", header = "X", tokn = "a" } }\ntitle'), "auth.token.tokn: unknown"),
        (("title", "config = { fields = { base_url = { required = true } } }\ntitle"), "config.fields.base_url"),
        (("title", "webhook = { id_header = 'x' }\ntitle"), "webhook.scheme"),
        (("title", "budget = { requests_per_minute = 0 }\ntitle"), "budget"),
        (("title", "title"), None),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, change: tuple[str, str], named: str | None) -> None:
    _written(tmp_path, good.replace(*change, 1))
    if named is None:
        assert set(discover(tmp_path, "nowhere")) == {"acme"}
        return
    with pytest.raises(BrokenManifest, match=named) as caught:
        discover(tmp_path, "nowhere")
    assert "acme/manifest.toml" in str(caught.value)


def test_two_connectors_of_one_key_are_refused(tmp_path: Path) -> None:
    _written(tmp_path, good)
    _written(tmp_path, good, "other/manifest.toml")
    with pytest.raises(BrokenManifest, match="another connector"):
        discover(tmp_path, "nowhere")


def test_broken_toml_names_its_file(tmp_path: Path) -> None:
    _written(tmp_path, "key = ")
    with pytest.raises(BrokenManifest, match=r"manifest\.toml"):
        discover(tmp_path, "nowhere")


@pytest.mark.parametrize("text", ["1e999999999", "-1E+12000000", "1e-999999999", "9" * 5000, "NaN", "1_000", "１２"])
def test_a_number_that_nobody_could_write_out_is_a_broken_answer_at_once(text: str) -> None:
    """A field of theirs that anybody may type into says it: it parks its record, and no worker tries to write it out."""
    from jingwei.connectors.redmine import answers as redmine
    from jingwei.connectors.sandbox import answers as sandbox
    from jingwei.hub.contract import BrokenAnswer, Field, Title

    for read in (lambda: redmine.plain("decimal", text), lambda: sandbox.values_of([Field("n", "decimal", Title("数", "n"))], {"n": text})):
        with pytest.raises(BrokenAnswer, match="no number"):
            read()
