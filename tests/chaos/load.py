"""What the world asks meanwhile: signed webhooks and pages, each answer noted with its moment."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import threading
import time
from dataclasses import dataclass, field

from tests.chaos.house import House, secret


@dataclass
class Load:
    """Senders and readers that go on whatever happens. `acknowledged` is what the installation has promised to keep."""

    house: House
    senders: int = 4
    readers: int = 2
    pause: float = 0.03
    acknowledged: set[str] = field(default_factory=set)
    stored_at: float = 0.0
    seen_at: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    without_retry_after: int = 0
    _ending: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        for number in range(self.senders):
            self._threads.append(threading.Thread(target=self._send, args=(number,), daemon=True))
        for _ in range(self.readers):
            self._threads.append(threading.Thread(target=self._read, daemon=True))
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        """End, when the answers under way are there."""
        self._ending.set()
        for each in self._threads:
            each.join(40)

    def _note(self, kind: str, status: int, retry_after: str | None) -> None:
        with self._lock:
            self.statuses[f"{kind} {status}"] = self.statuses.get(f"{kind} {status}", 0) + 1
            if status == 503 and not retry_after:
                self.without_retry_after += 1

    def _send(self, number: int) -> None:
        count = 0
        while not self._ending.is_set():
            count += 1
            name = f"s{number}-{count}"
            body = json.dumps({"type": "issue.updated", "data": {"id": count, "subject": "工单接口联调" * 40}}, ensure_ascii=False).encode()
            stamp = str(int(time.time()))
            mark = base64.b64encode(hmac.new(secret.encode(), f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
            headers = {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": f"v1,{mark}", "Content-Type": "application/json"}
            status = self._ask("hook", "POST", f"/hooks/{self.house.endpoint}", body, headers)
            if status in (200, 202):
                with self._lock:
                    self.acknowledged.add(name)
                    self.stored_at = time.monotonic()
            self._ending.wait(self.pause if status else 0.2)

    def _read(self) -> None:
        while not self._ending.is_set():
            status = self._ask("page", "GET", "/hub/monitor/", None, {"Cookie": f"sessionid={self.house.session}"})
            if status == 200:
                self.seen_at = time.monotonic()
            self._ending.wait(0.1 if status else 0.2)

    def _ask(self, kind: str, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=30)
        try:
            connection.request(method, path, body, {"Host": "localhost", **headers})
            answer = connection.getresponse()
            answer.read()
            self._note(kind, answer.status, answer.getheader("Retry-After"))
            return answer.status
        except (OSError, http.client.HTTPException):
            self._note(kind, 0, None)
            return 0
        finally:
            connection.close()
