"""A NUL in an address or a form is refused in words, never a server error."""

from __future__ import annotations

import json

import pytest

from tests.domains.conftest import Firm


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/w/work.task/?q=%00", "/search/?q=%00", "/hub/wizard/?a=%00", "/w/work.task/%00/", "/api/v1/work.task/?q=%00", "/api/v1/work.task/%00"]
)
def test_a_nul_in_an_address_is_refused(firm: Firm, address: str) -> None:
    answer = firm.client("manager").get(address)
    assert answer.status_code == 400, answer.content[:200]


@pytest.mark.django_db
def test_half_a_character_is_refused(firm: Firm) -> None:
    body = json.dumps({"project": firm.project.code, "name": "sur\ud800x"})
    answer = firm.client("manager").post("/api/v1/work.task/", body, content_type="application/json")
    assert answer.status_code == 422, answer.content[:200]
