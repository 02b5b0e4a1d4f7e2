"""A long day in little time: the demo's interfaces, webhooks, pages, edits, exports and open pages, and what each process grows by.

Run: python -m tests.chaos.soak [--minutes 20] [--hours 12] [--seed N]. An hour of the day takes `minutes / hours` of ours; the traffic is an
office's of so many hours. Prints resident memory of each process and its slope, and fails when one grows by 1 % an hour of the day or more,
when anything answers 5xx, or when an acknowledged webhook is not stored.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import psutil

from jingwei.frame.postgres import embedded
from tests.chaos.house import House
from tests.chaos.load import Load

slope_limit = 1.0  # percent an hour of the day
warm_up = 0.25  # of the time: caches fill, connections open, code is loaded
pages_a_second, edits_a_second, streams = 5.0, 1.0, 16
not_followed = ("/accounts/logout", "/i18n/", "/static/", "/media/", "/events/", "/api/docs")
user_code = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "jingwei.assembly.settings"
django.setup()
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from jingwei.frame.models import ApiToken, Membership, Tenant, User
from jingwei.frame import scope
from jingwei.hub.register import services
from tests.chaos.house import secret
tenant = Tenant.objects.get()
user = User.objects.create_user("soak", password="correct-horse-battery")
Membership.objects.create(tenant=tenant, user=user, role=tenant.roles.get(key="owner"))
with scope.within(scope.Scope(tenant.pk)):
    system = services.system_save(key="sender", name="Sender", connector="sandbox_tracker")
    services.connection_save(system=system, config={"base_url": "http://127.0.0.1:1"}, credentials={"api_key": "x"}, webhook_secret=secret)
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[-1], user.get_session_auth_hash()
session.create()
print("made", system.connection.endpoint, session.session_key, ApiToken.issue(tenant=tenant, user=user, name="soak")[1])
"""


class Links(HTMLParser):
    """The addresses of our own that a page leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href") or ""
        if tag == "a" and address.startswith("/") and not address.startswith(("//", *not_followed)):
            self.found.add(address.partition("#")[0])


@dataclass
class Office:
    """People who read and edit. `answers` counts by kind and status."""

    house: House
    token: str
    dice: random.Random
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        works = [self._read] * 2 + [self._edit] + [self._listen] * streams
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        """End."""
        self._ending.set()
        for each in self._threads[:3]:
            each.join(60)

    def _client(self, **headers: str) -> httpx2.Client:
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.house.port}", headers={"Host": "localhost", **headers}, timeout=60, trust_env=False)

    def _note(self, kind: str, answer: httpx2.Response) -> None:
        self.answers[f"{kind} {answer.status_code}"] += 1
        if answer.status_code >= 500:
            self.faults.append(f"{answer.status_code} at {answer.request.method} {answer.request.url.raw_path.decode()}")

    def _read(self) -> None:
        """From link to link, through every page the product has."""
        known = ["/"]
        with self._client(Cookie=f"sessionid={self.house.session}") as client:
            while not self._ending.wait(2 / pages_a_second):
                try:
                    answer = client.get(self.dice.choice(known))
                except httpx2.TransportError as problem:
                    self.faults.append(f"no answer: {problem!r}")
                    continue
                self._note("page", answer)
                if "text/html" in answer.headers.get("content-type", ""):
                    links = Links()
                    links.feed(answer.text)
                    known = list({*known, *links.found})
                    known = known if len(known) <= 600 else self.dice.sample(known, 400)

    def _edit(self) -> None:
        """Tasks are changed over REST; the plan is recalculated and what is joined goes to the other side."""
        with self._client(Authorization=f"Bearer {self.token}") as client:
            tasks = [row["id"] for row in client.get("/api/v1/work.task/", params={"limit": 200}).json()["items"]]
            while not self._ending.wait(1 / edits_a_second):
                change = self.dice.choice(({"description": f"第 {self.dice.randrange(10**6)} 次"}, {"progress": self.dice.randrange(0, 101, 5)}))
                try:
                    self._note("edit", client.patch(f"/api/v1/work.task/{self.dice.choice(tasks)}", json=change))
                except httpx2.TransportError as problem:
                    self.faults.append(f"no answer: {problem!r}")

    def _listen(self) -> None:
        """An open page that is closed and opened again."""
        with self._client(Cookie=f"sessionid={self.house.session}") as client:
            while not self._ending.is_set():
                until = time.monotonic() + self.dice.uniform(5, 60)
                try:
                    with client.stream("GET", "/events/") as answer:
                        self._note("stream", answer)
                        for _ in answer.iter_lines():
                            if time.monotonic() > until or self._ending.is_set():
                                break
                except httpx2.TransportError:
                    self._ending.wait(1)


@dataclass
class Sizes:
    """Resident memory of each process, and of the database what each of its processes has alone (its cache is shared and fills once)."""

    house: House
    rows: list[tuple[float, dict[str, float]]] = field(default_factory=list)

    def take(self, at: float) -> None:
        """Now; `at` is in seconds since the begin."""
        found = {}
        assert self.house.supervisor is not None
        for name in ("web", "worker", "scheduler"):
            child = self.house.child(name)
            if child is not None:
                found[name] = sum(each.memory_info().rss for each in (child, *child.children(recursive=True))) / 1e6
        found["supervisor"] = psutil.Process(self.house.supervisor.pid).memory_info().rss / 1e6
        first = embedded.first_process(self.house.home / "postgres")
        if first is not None:
            found["database"] = sum(_alone(each) for each in (first, *first.children())) / 1e6
        self.rows.append((at, found))

    def slope(self, name: str, after: float) -> tuple[float, float, float]:
        """Megabytes at the begin and the end of the fitted line, and its slope in percent of the begin a second."""
        points = [(at, sizes[name]) for at, sizes in self.rows if at >= after and name in sizes]
        middle, mean = sum(at for at, _ in points) / len(points), sum(size for _, size in points) / len(points)
        rise = sum((at - middle) * (size - mean) for at, size in points) / max(sum((at - middle) ** 2 for at, _ in points), 1e-9)
        begin, end = mean + rise * (points[0][0] - middle), mean + rise * (points[-1][0] - middle)
        return begin, end, 100 * rise / begin


def _alone(process: psutil.Process) -> int:
    """What a process has alone, in bytes; nothing when it has just ended."""
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0


def main(words: list[str] | None = None) -> int:
    """One day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="jw-soak-") as home:
        house = House(Path(home))
        try:
            house.start(demo=True)
            made = next(line for line in house.run(user_code).splitlines() if line.startswith("made")).split()
            house.endpoint, house.session = made[1], made[2]
            return _live(house, Office(house, made[3], random.Random(asked.seed)), asked)
        finally:
            house.stop()


def _live(house: House, office: Office, asked: argparse.Namespace) -> int:
    load, sizes, began = Load(house, senders=2, readers=1, pause=0.1), Sizes(house), time.monotonic()
    office.start()
    load.start()
    while (at := time.monotonic() - began) < asked.minutes * 60:
        sizes.take(at)
        time.sleep(5)
    office.stop()
    load.stop()
    wrong = sorted(set(office.faults))[:20]
    lost = load.acknowledged - set(house.event_ids())
    wrong += [f"{len(lost)} acknowledged webhooks are lost"] if lost else []
    if office.answers["page 200"] < 0.9 * sum(count for key, count in office.answers.items() if key.startswith("page ")):
        wrong.append("too few pages were seen")
    wrong += [f"{key} {count} times" for key, count in load.statuses.items() if key.split()[1].startswith(("5", "0"))]
    hour = asked.minutes * 60 / asked.hours
    print(f"seed {asked.seed}; {asked.minutes:g} minutes for {asked.hours:g} hours; fitted after the first quarter")
    for name in sizes.rows[-1][1]:
        begin, end, slope = sizes.slope(name, warm_up * asked.minutes * 60)
        print(f"{name}: {begin:.1f} MB → {end:.1f} MB, {slope * hour:+.2f} % an hour of the day ({slope * 3600:+.1f} % an hour of the clock)")
        if slope * hour >= slope_limit:
            wrong.append(f"{name} grows by {slope * hour:.2f} % an hour of the day")
    print("answers: " + ", ".join(f"{key} {count:,}" for key, count in sorted({**office.answers, **load.statuses}.items())))
    print(f"acknowledged {len(load.acknowledged):,}, lost {len(lost)}")
    for each in wrong:
        print(f"✗ {each}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
