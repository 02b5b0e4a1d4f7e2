"""Guessing is locked out: each account and each address is counted by itself, in the database, so that no restart forgets.

A try is counted before it is judged and forgiven when it was right, so that many at once are no more than as many one after another.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from jingwei.frame.models import FailedTries

window = timedelta(minutes=15)
lasts = timedelta(minutes=30)
account_limit = 5
address_limit = 30  # an office behind one address has many people

_count = """
INSERT INTO frame_failedtries AS t (key, failures, began_at, locked_until)
VALUES (%(key)s, 1, %(now)s, CASE WHEN %(limit)s <= 1 THEN %(now)s + %(lasts)s END)
ON CONFLICT (key) DO UPDATE SET
  failures = CASE WHEN t.began_at < %(now)s - %(window)s THEN 1 ELSE t.failures + 1 END,
  began_at = CASE WHEN t.began_at < %(now)s - %(window)s THEN %(now)s ELSE t.began_at END,
  locked_until = CASE WHEN t.began_at >= %(now)s - %(window)s AND t.failures + 1 >= %(limit)s THEN %(now)s + %(lasts)s END
WHERE t.locked_until IS NULL OR t.locked_until <= %(now)s
RETURNING locked_until
"""
_forgive = """
UPDATE frame_failedtries SET failures = greatest(failures - 1, 0), locked_until = CASE WHEN failures - 1 < %(limit)s THEN NULL ELSE locked_until END
WHERE key = %(key)s
"""


class Locked(Exception):
    """Too many failed of late; nothing was looked at. `until` is when it may be tried again."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


@dataclass(frozen=True, slots=True)
class Counted:
    """What a try counts against, and how many it may be."""

    key: str
    limit: int
    window: timedelta = window


@dataclass(frozen=True, slots=True)
class Try:
    """One try that may be made. It stands as failed until `passed`; `locks` when this very one was the last that was allowed."""

    against: Sequence[Counted]
    locks: bool

    def passed(self) -> None:
        """It was right: the account starts anew, the address gets this one back (and no more, or one's own log-ins would pay for guesses)."""
        account, *others = self.against
        FailedTries.objects.filter(key=account.key).delete()
        with connection.cursor() as cursor:
            for each in others:
                cursor.execute(_forgive, {"key": each.key, "limit": each.limit})


def admit(account: Counted, *others: Counted) -> Try:
    """Let a try be made and count it; raises Locked."""
    now = timezone.now()
    against = (account, *others)
    if (until := locked_until(against, now)) is not None:
        raise Locked(until)
    locks = False
    for each in against:
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"key": each.key, "limit": each.limit, "now": now, "window": each.window, "lasts": lasts}
            cursor.execute(_count, values)
            row = cursor.fetchone()
        if row is None:  # somebody else's try has locked it in this moment
            raise Locked(locked_until(against, now) or now + lasts)
        locks = locks or row[0] is not None
    if locks:
        FailedTries.objects.filter(began_at__lt=now - timedelta(days=1)).delete()
    return Try(against, locks)


def locked_until(against: Sequence[Counted], now: datetime) -> datetime | None:
    """Until when any of these is locked."""
    found = FailedTries.objects.filter(key__in=[each.key for each in against], locked_until__gt=now)
    return max((each.locked_until for each in found if each.locked_until is not None), default=None)


def of_account(kind: str, name: str, within: timedelta = window) -> Counted:
    """Tries at one account; `kind` keeps passwords and codes apart. A name that nobody has is counted like any other."""
    text = name.strip().casefold()
    return Counted(
        f"{kind}:{text if len(text) <= 150 else hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}".replace("\0", "␀"), account_limit, within
    )


def of_address(request: HttpRequest) -> Counted:
    """Tries from one address, whatever the account."""
    return Counted(f"address:{network_of(address_of(request))}", address_limit)


def address_of(request: HttpRequest) -> str:
    """Who is calling. The server has put in what trusted proxies forward (JINGWEI_TRUSTED_PROXIES); nobody else's header is believed."""
    return str(request.META.get("REMOTE_ADDR") or "")


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 that one subscriber has of IPv6."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:45]
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped) if ip.ipv4_mapped else str(ipaddress.ip_network(f"{ip}/64", strict=False))
    return str(ip)
