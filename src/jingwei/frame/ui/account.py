"""Accounts: nobody signs up by themselves; people are invited or come by the one-time set-up link."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closed registration."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
