"""Pages call systems, streams and connectors by their names, never by the keys that programs use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jingwei import connectors
from jingwei.hub import queries
from jingwei.hub.models import Interface, InterfaceVersion
from tests.hub.conftest import Joined
from tests.hub.deeds import publish
from tests.hub.people import browser, owner

pytestmark = pytest.mark.django_db(transaction=True)


def main_of(text: str) -> str:
    """What people see of a page's own part, without addresses and values of forms."""
    return re.sub(r"<[^>]*>", " ", text.split("<main", 1)[-1])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_list_and_the_page_name_streams_and_the_way_they_go(joined: Joined, language: str) -> None:
    client = browser(owner(joined), language)
    tasks = {"zh-hans": "任务", "en": "Task"}[language]
    for address in ("/hub/", "/hub/interfaces/tracker-tasks/"):
        seen = main_of(client.get(address).text)
        assert tasks in seen and "work.task ↔" not in seen and " issues" not in seen, address
    assert "⇄" in main_of(client.get("/hub/").text)
    publish(joined, **{name: {"direction": "a_to_b"} for name in ("name", "description", "percent", "work_hours")})
    assert queries.arrow(Interface.objects.select_related("published").get(pk=joined.interface.pk)) == "→"
    for address in ("/hub/", "/hub/interfaces/tracker-tasks/"):
        seen = main_of(client.get(address).text)
        assert "→" in seen and "⇄" not in seen, address


def test_an_interface_that_says_nothing_yet_has_no_way(joined: Joined) -> None:
    assert queries.arrow(Interface()) == "–"
    only_back = InterfaceVersion(spec={"mapping": {"pairs": [{"a": "x", "b": "y", "direction": "b_to_a"}]}})
    assert queries.arrow(Interface(published=only_back)) == "←"


def test_the_wizard_names_connectors_and_offers_us_once(joined: Joined) -> None:
    client = browser(owner(joined), "zh-hans")
    text = client.get("/hub/wizard/").text
    seen = main_of(text)
    assert "sandbox_tracker" not in seen and "· local" not in seen and "演示：研发协同平台" in seen
    assert 'data-connector="local"' not in text and 'data-connector="redmine"' in text
    a, b = joined.interface.system_a.key, joined.interface.system_b.key
    text = client.get(f"/hub/wizard/?a={a}&b={b}").text
    assert "接口标识" in text and "密钥" not in main_of(text) and "(work.task)" not in text
    assert {each["title"] for each in client.get("/hub/topology.json").json()["systems"]} >= {"经纬本身", "演示：研发协同平台"}


def test_every_connector_has_a_picture() -> None:
    icons = (Path(__file__).parents[3] / "src/jingwei/frame/static/vendor/icons.svg").read_text()
    known = set(re.findall(r'id="i-([a-z0-9-]+)"', icons))
    for key, entry in connectors.catalogue().items():
        assert entry.manifest.get("icon", "plug") in known, key


def test_a_system_tells_its_fields_by_their_titles(joined: Joined) -> None:
    text = browser(owner(joined), "zh-hans").get(f"/hub/systems/{joined.interface.system_a.key}/?streams=1").text
    assert re.search(r"<li>[一-鿿]+ <code", text) and not re.search(r"</code>\s*(string|text|integer|datetime|enum|reference)\b", text)
