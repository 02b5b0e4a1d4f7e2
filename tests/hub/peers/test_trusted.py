"""Certificates of peers are checked with authorities that are read once, and again when they change."""

from __future__ import annotations

import os
import ssl

import pytest

from jingwei.frame import egress


def test_authorities_are_read_once_and_again_when_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    first = egress.trusted()
    assert first is egress.trusted()
    assert first.verify_mode is ssl.CERT_REQUIRED and first.check_hostname
    file = ssl.get_default_verify_paths().openssl_cafile
    monkeypatch.setattr(os.path, "isfile", lambda path: path == file)
    monkeypatch.setattr(os, "stat", lambda path, *_a, **_k: os.stat_result((0, 0, 0, 0, 0, 0, 0, 0, 1, 0)) if path == file else None)
    assert egress.trusted() is not first
    monkeypatch.undo()
    egress.trusted()
