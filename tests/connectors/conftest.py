"""The running Redmine, and a project in it with every custom field."""

from __future__ import annotations

import pytest

from tests.connectors.redmine_peer import RedminePeer


@pytest.fixture(scope="module")
def redmine() -> RedminePeer:
    return RedminePeer.running()


@pytest.fixture(scope="module")
def shop(redmine: RedminePeer) -> str:
    """A project with one issue that shows every custom field."""
    name = redmine.project("shop", custom=True)
    fields = redmine.custom_fields()
    redmine.issue(name, custom_fields=[{"id": fields["Try list many"]["id"], "value": ["甲"]}, {"id": fields["Try required"]["id"], "value": "R"}])
    return name
