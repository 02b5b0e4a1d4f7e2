"""Who is told the figures of the installation: this machine, or who has the token; whatever the header holds, it is an answer."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "Bearer é", "Bearer 令牌", "Basic x"])
def test_another_token_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGWEI_METRICS_TOKEN", "the-right-one")
    assert Client().get("/metrics", headers={"Authorization": given}).status_code == 403


def test_the_right_token_or_this_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Client().get("/metrics").status_code == 200
    assert Client().get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 403
    monkeypatch.setenv("JINGWEI_METRICS_TOKEN", "the-right-one")
    assert Client().get("/metrics", headers={"Authorization": "Bearer the-right-one"}).status_code == 200
