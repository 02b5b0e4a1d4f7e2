"""Certificates of peers are checked with authorities that are read once, and again when they change."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from types import SimpleNamespace

import pytest

from jingwei.frame.walls import egress


def test_authorities_are_read_once_and_again_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "authorities.pem"
    file.write_text("")
    monkeypatch.setattr(egress.ssl, "get_default_verify_paths", lambda: SimpleNamespace(openssl_cafile=str(file), openssl_capath=""))
    monkeypatch.setattr(egress.httpx2, "create_ssl_context", lambda **_given: ssl.create_default_context(cadata=None))
    egress._trusted.cache_clear()
    first = egress.trusted()
    assert first is egress.trusted() and first.verify_mode is ssl.CERT_REQUIRED and first.check_hostname
    os.utime(file, ns=(1, 1))
    assert egress.trusted() is not first
    egress._trusted.cache_clear()
