"""Who may still listen: one question about everybody who has a page open, asked again and again while it stays open."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import psycopg
from django.db import connection


class Presence(NamedTuple):
    """Somebody with a page open: who, in which organisation, by which session or token."""

    user_id: int
    tenant_id: int
    session_key: str = ""
    token_id: int | None = None


# A mark stands for everything that rights follow from: the password (its change ends every other session) and the roles.
# Who is locked, logged out, whose session or token has run out, has none.
_marks_sql = """
SELECT a.n, md5(concat_ws('|', u.password, (
    SELECT string_agg(concat_ws(':', m.id, m.project_id, r.key, r.is_standard, r.grants::text), ',' ORDER BY m.id)
    FROM frame_membership m JOIN frame_role r ON r.id = m.role_id WHERE m.user_id = a.user_id AND m.tenant_id = a.tenant_id)))
FROM unnest(%(n)s::int[], %(users)s::bigint[], %(tenants)s::bigint[], %(sessions)s::text[], %(tokens)s::bigint[])
  AS a(n, user_id, tenant_id, session_key, token_id)
JOIN frame_user u ON u.id = a.user_id AND u.is_active
WHERE EXISTS (SELECT 1 FROM frame_membership m WHERE m.user_id = a.user_id AND m.tenant_id = a.tenant_id)
  AND (EXISTS (SELECT 1 FROM django_session s WHERE s.session_key = a.session_key AND s.expire_date > clock_timestamp())
    OR EXISTS (SELECT 1 FROM frame_apitoken t WHERE t.id = a.token_id AND t.user_id = a.user_id AND t.tenant_id = a.tenant_id
               AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp())))
"""


def _parameters(asked: list[Presence]) -> dict[str, Any]:
    return {
        "n": list(range(len(asked))), "users": [p.user_id for p in asked], "tenants": [p.tenant_id for p in asked],
        "sessions": [p.session_key for p in asked], "tokens": [p.token_id for p in asked],
    }  # fmt: skip


def mark(who: Presence) -> str | None:
    """The mark of one; None when it may not listen."""
    with connection.cursor() as cursor:
        cursor.execute(_marks_sql, _parameters([who]))
        found = cursor.fetchone()
    return found[1] if found else None


async def marks_async(listener: psycopg.AsyncConnection[Any], present: Collection[Presence]) -> dict[Presence, str]:
    """The marks of all who may listen still; who is missing may not."""
    asked = list(present)
    cursor = await listener.execute(_marks_sql, _parameters(asked))
    return {asked[n]: found for n, found in await cursor.fetchall()}
