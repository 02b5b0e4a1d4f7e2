"""Updates a second of the Redmine connector alone, beside a bare loop that sends the same requests; with 1 and 4 threads.

Needs a running Redmine (`make peers`). Usage: python -m benchmarks.redmine_rates [updates]
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / part) for part in ("src", "")]
from jingwei.connectors.redmine.adapter import RedmineConnector  # noqa: E402
from jingwei.hub.contract import BrokenAnswer, Response, ServerFault, UnknownOutcome  # noqa: E402
from tests.peers import peer  # noqa: E402

rounds = 3
connector = RedmineConnector()


class KeptAlive:
    """One connection that stays open, for both: the connector's session and the bare loop. Counts requests and 500s of a busy SQLite."""

    def __init__(self, url: str, key: str, project: str) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self.headers = {"X-Redmine-API-Key": key, "Content-Type": "application/json"}
        self.config: Mapping[str, Any] = {"base_url": url, "project": project}
        self.cache: dict[str, Any] = {}
        self.requests = self.busy = 0

    @property
    def local(self) -> Any:
        raise LookupError

    def now(self) -> datetime:
        """Our clock: the peer runs on this machine."""
        return datetime.now(UTC)

    def call(self, method: str, target: str, body: Any = None) -> bytes:
        """One request, again while SQLite is busy."""
        for _ in range(20):
            self.requests += 1
            self.connection.request(method, target, None if body is None else json.dumps(body).encode(), self.headers)
            answer = self.connection.getresponse()
            content = answer.read()
            if answer.status == 500:
                self.busy += 1
                time.sleep(0.05)
                continue
            if answer.status >= 300:
                raise (ServerFault if method == "GET" else UnknownOutcome)(f"{method} {target} → {answer.status} {content[:100]!r}")
            return content
        raise ServerFault("busy all the time")

    def request(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None, headers: Any = None) -> Response:
        """As contract.Session."""
        return Response(200, {}, self.call(method, path + (f"?{urlencode(params, doseq=True)}" if params else ""), json), _parse)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as problem:
        raise BrokenAnswer("not JSON") from problem


def through_connector(session: KeptAlive, key: str, number: int) -> None:
    """One update by the connector."""
    connector.update(session, "issues", key, {"subject": f"a {number}", "done_ratio": number % 10 * 10}, None)


def bare(session: KeptAlive, key: str, number: int) -> None:
    """The same requests, and nothing else."""
    json.loads(session.call("GET", f"/issues/{key}.json?include=attachments"))
    session.call("PUT", f"/issues/{key}.json", {"issue": {"subject": f"b {number}", "done_ratio": number % 10 * 10}})
    json.loads(session.call("GET", f"/issues/{key}.json?include=attachments%2Cjournals"))


class Replay:
    """Answers at once what the peer answered before: what is left is the connector's own work."""

    def __init__(self, session: KeptAlive) -> None:
        self.session, self.kept = session, dict[tuple[str, str, str], Response]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    def request(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None, headers: Any = None) -> Response:
        """The answer of the first time."""
        asked = (method, path, str(params))
        if asked not in self.kept:
            self.kept[asked] = self.session.request(method, path, params=params, json=json)
        return self.kept[asked]


def own_work(session: KeptAlive) -> float:
    """Microseconds of CPU that the connector adds to one update."""
    replay: Any = Replay(session)
    key = connector.create(session, "issues", {"subject": "rate"}, f"own-{time.time_ns()}").key
    through_connector(replay, key, 1)
    began = time.process_time()
    for _ in range(2000):
        through_connector(replay, key, 1)
    return (time.process_time() - began) / 2000 * 1e6


def rate(work: Callable[[KeptAlive, str, int], None], sessions: list[KeptAlive], keys: list[str], updates: int) -> float:
    """Updates a second over all threads, each with issues of its own."""

    def run(place: int) -> None:
        for number in range(updates // len(sessions)):
            work(sessions[place], keys[place], number)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(sessions))]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return updates // len(sessions) * len(sessions) / (time.perf_counter() - began)


def main(updates: int) -> None:
    """Print both rates and their ratio; both loops take turns, on fresh issues each round, so that journals are equally long."""
    found = peer("redmine")
    url, key = found["REDMINE_URL"], found["REDMINE_API_KEY"]
    project = f"jw-rates-{int(time.time())}"
    KeptAlive(url, key, "").call("POST", "/projects.json", {"project": {"name": project, "identifier": project, "enabled_module_names": ["issue_tracking"]}})
    print(f"the connector's own work: {own_work(KeptAlive(url, key, project)):.0f} µs of CPU an update")
    for threads in (1, 4):
        sessions = [KeptAlive(url, key, project) for _ in range(threads)]
        rates: dict[str, list[float]] = {"connector": [], "bare": []}
        spent = 0
        for _ in range(rounds):
            for name, work in (("connector", through_connector), ("bare", bare)):
                keys = [connector.create(each, "issues", {"subject": "rate"}, f"{project}-{time.time_ns()}").key for each in sessions]
                for each, issue in zip(sessions, keys, strict=True):
                    through_connector(each, issue, 99)  # lookups are remembered from here on
                before = sum(each.requests - each.busy for each in sessions)
                rates[name].append(rate(work, sessions, keys, updates))
                if name == "connector":
                    spent += sum(each.requests - each.busy for each in sessions) - before
        ours, floor = statistics.median(rates["connector"]), statistics.median(rates["bare"])
        made = updates // threads * threads * rounds
        busy = sum(each.busy for each in sessions)
        print(
            f"{threads} thread{'s' * (threads > 1)}: connector {ours:.1f} updates/s, bare loop {floor:.1f}, ratio {ours / floor:.2f}; "
            f"{spent / made:.2f} requests an update; {busy} answers of a busy database repeated"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 120)
