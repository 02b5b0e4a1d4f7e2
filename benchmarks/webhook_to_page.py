"""From an edit in the tracker to the repainted page: webhook, mapping, merge, task, recalculated plan, event, fragment; 50 edits a second.

Run: python -m benchmarks.webhook_to_page [edits a second] [seconds]. Starts the demo tracker, web, worker and scheduler as processes of their own.
An edit whose value was overtaken by a later edit of the same issue before it reached the plan is counted as folded, not timed.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import date, timedelta
from pathlib import Path

root = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(root))

from benchmarks.webhook_intake import House  # noqa: E402
from tests.sandbox.program import api_key, free_port, running  # noqa: E402

issues = 200

setup_code = """
import os, sys, json, django
os.environ["DJANGO_SETTINGS_MODULE"] = "jingwei.assembly.settings"
django.setup()
from datetime import date
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from jingwei.frame.rights.access import roles_of
from jingwei.frame import scope
from jingwei.frame.models import Membership, Project, Role, Tenant, User
from jingwei.hub.engine import cycle as engine
from jingwei.hub.register import services
from jingwei.hub.models import Interface
from jingwei.hub.peers.session import session_of
url, key, port, secret = sys.argv[1:5]
tenant = Tenant.objects.create(code="t", name="T")
roles_of(tenant)
user = User.objects.create_user("u", password=None)
Membership.objects.create(tenant=tenant, user=user, role=Role.objects.get(tenant=tenant, key="owner"))
with scope.within(scope.Scope(tenant.pk)):
    project = Project(code="P", name="P", start_on=date.today())
    project.save()
    theirs = services.system_save(key="tracker", name="Tracker", connector="sandbox_tracker")
    services.connection_save(system=theirs, config={"base_url": url, "requests_per_minute": 100000}, credentials={"api_key": key}, webhook_secret=secret)
    ours = services.system_save(key="jingwei", name="Jingwei", connector="local")
    i = services.interface_save(key="i", name="i", project=project, system_a=theirs, stream_a="issues", system_b=ours, stream_b="work.task", poll_seconds=3600)
    i = Interface.objects.select_related("system_a", "system_b").get(pk=i.pk)
    mapping = {"filters": {"a": {"project": ["WMS-PDA"]}}, "constants": [{"side": "a", "field": "project", "value": "WMS-PDA"}], "pairs": [
        {"a": "subject", "b": "name", "policy": "a"},
        {"a": "start_date", "b": "constraint_at", "policy": "a", "steps": [{"op": "datetime_of", "time": "09:00"}]}]}
    services.version_publish(interface=i, spec=services.spec_of(i, mapping))
    services.interface_switch(instance=i, stage="live")
    engine.cycle(i.pk, seconds=120)
    session_of(theirs).request("POST", "/api/webhooks", json={"url": f"http://127.0.0.1:{port}/hooks/{theirs.connection.endpoint}", "secret": secret})
store = SessionStore()
store[SESSION_KEY], store[BACKEND_SESSION_KEY], store[HASH_SESSION_KEY] = str(user.pk), "allauth.account.auth_backends.AuthenticationBackend", user.get_session_auth_hash()
store.save()
print(store.session_key)
"""
history_code = """
import os, json, django
os.environ["DJANGO_SETTINGS_MODULE"] = "jingwei.assembly.settings"
django.setup()
from jingwei.frame import scope
from jingwei.frame.models import History, Tenant
from jingwei.hub.models import Link
with scope.within(scope.Scope(Tenant.objects.get().pk)):
    key = {int(b): a for a, b in Link.objects.exclude(key_b=None).values_list("key_a", "key_b")}
    rows = History.objects.filter(resource="work.task", action="U", origin="schedule", after__has_key="start").values_list("object_id", "after__start", "at")
    print(json.dumps([(key.get(pk), start[:10], at.timestamp()) for pk, start, at in rows]))
"""


def call(url: str, method: str, path: str, body: object = None) -> dict[str, object]:
    """The tracker, as somebody else uses it."""
    request = urllib.request.Request(
        url + path,
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"X-API-Key": api_key, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, object] = json.loads(answer.read() or b"null")
        return found


class Page(threading.Thread):
    """An open page: hears the events and fetches the fragment anew each time, as htmx does."""

    def __init__(self, port: int, session: str) -> None:
        super().__init__(daemon=True)
        self.port, self.cookie, self.painted, self.fetches = port, {"Cookie": f"sessionid={session}"}, [], []
        self.repaints: list[tuple[float, float]] = []

    def run(self) -> None:
        stream = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        stream.request("GET", "/events/", headers=self.cookie)
        answer = stream.getresponse()
        while line := answer.readline():
            if b"plan-changed" in line:
                heard = time.time()
                fragment = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                fragment.request("GET", "/projects/P/", headers={**self.cookie, "HX-Request": "true"})
                assert fragment.getresponse().read()
                self.repaints.append((heard, time.time()))


def main(per_second: float, seconds: float) -> None:
    """Set up, edit at the rate, then tell the latencies."""
    with tempfile.TemporaryDirectory() as home, running("tracker", Path(home) / "tracker.db") as tracker:
        Path(home).chmod(0o755)
        os.environ["JINGWEI_EGRESS_ALLOW"] = "127.0.0.1/32"
        house, secret = House(home, free_port()), "whsec_" + secrets.token_bytes(24).hex()
        made = [
            call(
                tracker.url, "POST", "/api/issues", {"project": "WMS-PDA", "subject": f"事项 {n}", "start_date": (date.today() + timedelta(days=7)).isoformat()}
            )
            for n in range(issues)
        ]
        keys = [str(m["issue"]["id"]) for m in made]  # type: ignore[index]
        house.run("-m", "jingwei.assembly", "migrate")
        session = house.run("-c", setup_code, tracker.url, api_key, str(house.port), secret).splitlines()[-1]
        house.start()
        others = [subprocess.Popen([sys.executable, "-m", "jingwei.assembly", name], cwd=root, env=house.environment) for name in ("worker", "scheduler")]
        time.sleep(4)
        page = Page(house.port, session)
        page.start()
        time.sleep(1)
        dice, sent = random.Random(1), dict[tuple[str, str], float]()
        began = time.time()
        for number in range(int(per_second * seconds)):
            key, on = dice.choice(keys), (date.today() + timedelta(days=20 + number % 900)).isoformat()
            call(tracker.url, "PUT", f"/api/issues/{key}", {"start_date": on})
            sent[key, on] = time.time()
            time.sleep(max(0.0, began + (number + 1) / per_second - time.time()))
        rate = len(sent) / (time.time() - began)
        time.sleep(6)
        stored = json.loads(house.run("-c", history_code).splitlines()[-1])
        late = []
        for key, on, at in stored:
            asked = [t for (k, d), t in sent.items() if k == key and 0 <= (date.fromisoformat(on) - date.fromisoformat(d)).days <= 10 and t <= at]
            painted = next((end for heard, end in page.repaints if heard >= at - 0.005), None)
            if asked and painted:
                late.append(painted - max(asked))
        late.sort()
        for each in others:
            each.terminate()
        house.kill()
        house.run("-c", "from jingwei.frame.postgres import address as a; a.stop_embedded()")
        print(
            f"{len(sent)} edits at {rate:.0f} a second; {len(late)} reached the plan by themselves, the others were folded into later ones; {len(page.repaints)} repaints"
        )
        print(f"edit → repainted page: p50 {late[len(late) // 2]:.2f} s, p95 {late[int(len(late) * 0.95)]:.2f} s, worst {late[-1]:.2f} s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 50, float(sys.argv[2]) if len(sys.argv) > 2 else 20)
