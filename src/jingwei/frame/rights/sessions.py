"""Sessions as Django keeps them in the database, read by a statement that is written once."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from jingwei.frame.postgres.prepared import Prepared, given

_alive = Prepared(lambda: Session.objects.filter(session_key=given("key"), expire_date__gt=given("now")))


class SessionStore(db.SessionStore):
    """Django's own, whose every other way stays."""

    def _get_session_from_db(self) -> Any:
        found = _alive.first(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found
