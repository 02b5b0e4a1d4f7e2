"""Tables are emptied after a test that commits. Django truncates every one of them and writes all permissions anew, which takes longer than most of these tests.

Here rows are deleted where there are any, without what hangs on that. Only where many have gone this way, all tables are truncated after all: what has been
deleted is passed over by every reader until the server tidies up. The names of models and their permissions stay, as no test changes them.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection
from django.test import TransactionTestCase

_staying = {"django_content_type", "auth_permission"}
_emptied = """
DO $$
DECLARE
  each text;
BEGIN
  -- whoever still writes is waited for, as truncating would
  LOCK TABLE {tables} IN EXCLUSIVE MODE;
  IF (SELECT max(pg_relation_size(one::regclass)) FROM unnest(ARRAY[{names}]) one) > {big_bytes} THEN
    TRUNCATE {tables};
  ELSE
    SET LOCAL session_replication_role = replica;
    FOR each IN SELECT one FROM unnest(ARRAY[{names}]) one WHERE pg_relation_size(one::regclass) > 0 LOOP
      EXECUTE 'DELETE FROM ' || each;
    END LOOP;
  END IF;
END $$
"""


def empty_quickly(login: dict[str, Any]) -> None:
    """From now on tables are emptied this way, by whom `login` says: the owner of the tables."""
    tables = [f'"{name}"' for name in connection.introspection.django_table_names(only_existing=True, include_views=False) if name not in _staying]
    statement = _emptied.format(tables=", ".join(tables), names=", ".join(f"'{each}'" for each in tables), big_bytes=262_144)

    def teardown(_case: TransactionTestCase) -> None:
        with psycopg.connect(**login, autocommit=True) as owner:
            owner.execute(statement)

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]
