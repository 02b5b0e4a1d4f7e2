"""The deciding pages in a real browser: both languages, a phone's width, dark; no errors, nothing wider than the screen, nothing a screen reader misses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from jingwei.domains.work.models import Task
from jingwei.hub.models import Interface, Run
from tests.browser import accessibility_faults, launched, needs_chromium, watched
from tests.hub.conftest import Joined
from tests.hub.deeds import change, edit, issue, remove, theirs
from tests.hub.pages.test_deciding import park
from tests.hub.people import browser, owner

pytestmark = [pytest.mark.django_db(transaction=True), needs_chromium]


def lived_in(joined: Joined) -> int:
    """Conflicts of several kinds, a parked record, held deletes, a stop; gives the parked record."""
    for number in range(9):
        issue(joined, subject=f"事项 {number}", description="第一行\n第二行" if number == 8 else "")
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    parked = park(joined)
    clashing = Task.objects.get(name="事项 8")
    link = joined.interface.links.get(key_b=str(clashing.pk))
    edit(joined, link.key_a, subject="对方把这条事项改成了一个相当长的名字，长到在手机上一定要换行才放得下")
    change(joined, clashing, name="我们改的名字")
    for task in Task.objects.exclude(pk=clashing.pk):
        remove(joined, task)
    joined.sync()
    assert theirs(joined, link.key_a)
    return parked.pk


def test_pages_are_clean_in_both_languages_on_a_phone_and_in_the_dark(joined: Joined, live_server: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    number = lived_in(joined)
    Interface.objects.update(held_reason="3 records were written 6 times in 10 minutes", held_since=timezone.now())
    error = 'a: too many failures in a row; waiting before the next try; b: GET → 503: {"error":"' + "x" * 80 + '"}'
    Run(interface=joined.interface, kind="poll", started_at=timezone.now(), finished_at=timezone.now(), error=error, tenant_id=joined.tenant.pk).save()
    user = owner(joined)
    session = browser(user).cookies["sessionid"].value
    kept = os.environ.get("JINGWEI_PICTURES")
    pages = {"conflicts": "/hub/conflicts/", "parked": f"/hub/parked/{number}/", "interface": "/hub/interfaces/tracker-tasks/",
        "versions": "/hub/interfaces/tracker-tasks/versions/", "monitor": "/hub/monitor/", "trace": f"/hub/trace/?id={Task.objects.get().pk}",
        "dry-run": "/hub/interfaces/tracker-tasks/dry-run/", "topology": "/hub/"}  # fmt: skip
    found: list[str] = []
    with launched() as chromium:
        for language, width, dark in (("zh-CN", 1440, False), ("en", 390, False), ("zh-CN", 390, True)):
            context = chromium.new_context(locale=language, viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            for name, address in pages.items():
                page = context.new_page()
                faults = watched(page, live_server.url)
                # the test's server cannot stream
                page.route("**/events/**", lambda route: route.fulfill(status=200, content_type="text/event-stream", body="retry: 600000\n\n"))
                page.goto(live_server.url + address)
                if dark:
                    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'dark')")
                if kept:
                    page.screenshot(path=Path(kept) / f"{name}-{language}-{width}{'-dark' if dark else ''}.png", full_page=True)
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                where = f"{name} {language} {width}"
                found += [f"{where}: {wide} px too wide"] if wide > 0 else []
                found += [f"{where}: {fault}" for fault in [*faults, *accessibility_faults(page)] if "/events/" not in fault]
                page.close()
            context.close()
    assert not found, "\n".join(found)
