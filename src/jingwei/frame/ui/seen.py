"""When and from where a session was last used, for the list of one's sessions: noted once a minute, and at once when the place has changed."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

every_seconds = 60.0
most_remembered = 10_000


class SeenSessions:
    """In the place of allauth's own, which writes at every request: five statements and a commit for each page and each call."""

    def __init__(self, handler: Callable[[HttpRequest], HttpResponse]) -> None:
        self.handler = handler
        self._noted: OrderedDict[str, tuple[float, tuple[str, str]]] = OrderedDict()  # by session: until when, from where
        self._lock = threading.Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key
        if key and request.user.is_authenticated:
            place = (request.META.get("REMOTE_ADDR", "") + request.META.get("HTTP_X_FORWARDED_FOR", "")[:200], request.META.get("HTTP_USER_AGENT", "")[:200])
            until, before = self._noted.get(key, (0.0, None))
            if until <= time.monotonic() or before != place:
                UserSession.objects.create_from_request(request)
                self._remember(key, place)
        return self.handler(request)

    def _remember(self, key: str, place: tuple[str, str]) -> None:
        with self._lock:  # requests are answered by several threads
            self._noted[key] = (time.monotonic() + every_seconds, place)
            self._noted.move_to_end(key)
            while len(self._noted) > most_remembered:
                self._noted.popitem(last=False)
