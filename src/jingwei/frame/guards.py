"""Walls inside the database, put up after every migration: row-level security, history and what follows from it, the table of search, rights of the application role."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models

from jingwei.frame.models import History, Tenant, TenantModel
from jingwei.frame.models.month import MonthField
from jingwei.frame.models.zone import ZoneField
from jingwei.frame.postgres.base import app_role
from jingwei.frame.records import doubles, searchable
from jingwei.frame.records.resource import resources
from jingwei.kernels import bounds

_role_sql = f"""
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{app_role}') THEN CREATE ROLE {app_role} NOLOGIN; END IF;
END $$;
"""

# One statement-level function for every table: a bulk load costs one insert, not one per row. `TG_ARGV[0]` is the resource,
# `TG_ARGV[1]` the path of the project ('project_id', 'id' or ''), the rest are fields whose change is noise.
# What is deleted is kept whole, so that it can come back to its place.
# A session's first change fixes how many rows the planner believes every later one to have: after a change of one row, five thousand
# were joined in a nested loop, which took minutes. Hence no nested loops; OFFSET 0 keeps each row's JSON
# from being built again for every one of its fields.
# It writes as the owner: the application may not write history by hand, nor hang this function on a table of its own.
_history_sql = """
CREATE OR REPLACE FUNCTION jingwei_note_history() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $$
DECLARE
  noise text[] := ARRAY['version', 'updated_at', 'created_at'] || TG_ARGV[2:];
  actor bigint := nullif(current_setting('jingwei.actor', true), '')::bigint;
  origin text := coalesce(current_setting('jingwei.origin', true), '');
  reason text := coalesce(current_setting('jingwei.reason', true), '');
  trace text := coalesce(current_setting('jingwei.trace', true), '');
  moment timestamptz := clock_timestamp();
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO frame_history (tenant_id, project_id, resource, object_id, action, at, actor_id, origin, reason, trace, before, after, written_by)
    SELECT (n.row->>'tenant_id')::bigint, nullif(n.row->>TG_ARGV[1], '')::bigint, TG_ARGV[0], (n.row->>'id')::bigint, 'I', moment,
           actor, origin, reason, trace, NULL, n.row - noise, pg_current_xact_id()::text::numeric
    FROM (SELECT to_jsonb(a) AS row FROM after_rows a) n;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO frame_history (tenant_id, project_id, resource, object_id, action, at, actor_id, origin, reason, trace, before, after, written_by)
    SELECT (o.row->>'tenant_id')::bigint, nullif(o.row->>TG_ARGV[1], '')::bigint, TG_ARGV[0], (o.row->>'id')::bigint, 'D', moment,
           actor, origin, reason, trace, o.row - noise[1:3], NULL, pg_current_xact_id()::text::numeric
    FROM (SELECT to_jsonb(b) AS row FROM before_rows b) o;
  ELSE
    INSERT INTO frame_history (tenant_id, project_id, resource, object_id, action, at, actor_id, origin, reason, trace, before, after, written_by)
    SELECT (c.new->>'tenant_id')::bigint, nullif(c.new->>TG_ARGV[1], '')::bigint, TG_ARGV[0], (c.new->>'id')::bigint, 'U', moment,
           actor, origin, reason, trace, d.before, d.after, pg_current_xact_id()::text::numeric
    FROM (SELECT to_jsonb(b) - noise AS old, to_jsonb(a) - noise AS new FROM before_rows b JOIN after_rows a ON a.id = b.id
          WHERE b IS DISTINCT FROM a OFFSET 0) c
    CROSS JOIN LATERAL (
      SELECT jsonb_object_agg(e.key, c.old->e.key) AS before, jsonb_object_agg(e.key, e.value) AS after
      FROM jsonb_each(c.new) e WHERE e.value IS DISTINCT FROM c.old->e.key) d
    WHERE d.after IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;
"""

# What was written down is put on its way to the webhooks that listen, in the same transaction: whichever way a row was written, no fact is forgotten.
_sending_sql = """
CREATE OR REPLACE FUNCTION jingwei_note_sendings() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM frame_webhook WHERE is_active AND full_since IS NULL) THEN
    RETURN NULL;
  END IF;
  INSERT INTO frame_sending (tenant_id, version, created_at, updated_at, webhook_id, message, fact, resource, row_id, at, state, attempts, due_at, answer)
  SELECT t.tenant_id, 1, clock_timestamp(), clock_timestamp(), w.id, 'msg_' || replace(gen_random_uuid()::text, '-', ''), t.fact, t.resource, t.object_id, t.at,
         'waiting', 0, clock_timestamp(), ''
  FROM (SELECT *, resource || CASE action WHEN 'I' THEN '.added' WHEN 'U' THEN '.changed' ELSE '.removed' END AS fact FROM noted) t
  JOIN frame_webhook w ON w.tenant_id = t.tenant_id AND w.is_active AND w.full_since IS NULL AND t.fact LIKE ANY (w.likes)
  WHERE t.resource = ANY ('{{{resources}}}')
  ORDER BY t.id;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER note_sendings AFTER INSERT ON frame_history REFERENCING NEW TABLE AS noted
  FOR EACH STATEMENT EXECUTE FUNCTION jingwei_note_sendings();
"""

history_days_at_least = 183  # an audit trail is kept for six months by law: the database itself refuses to forget it earlier

# What the application's own log-in may not do by itself: forget old history, and see which files the rows of any organisation name.
_keeping_sql = """
CREATE OR REPLACE FUNCTION jingwei_forget_history(whose bigint, limit_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  removed bigint;
BEGIN
  IF limit_at > clock_timestamp() - interval '{days} days' THEN
    RAISE EXCEPTION 'history is kept for at least {days} days';
  END IF;
  DELETE FROM frame_history WHERE id IN (
    SELECT oldest.id FROM (SELECT id, at, tenant_id FROM frame_history ORDER BY id LIMIT 50000) oldest WHERE oldest.at < limit_at AND oldest.tenant_id = whose);
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
CREATE OR REPLACE FUNCTION jingwei_files_in_use() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ {files} $$;
CREATE OR REPLACE FUNCTION jingwei_forget_access(limit_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  removed bigint;
BEGIN
  IF limit_at > clock_timestamp() - interval '{days} days' THEN
    RAISE EXCEPTION 'the access log is kept for at least {days} days';
  END IF;
  DELETE FROM frame_accessevent WHERE id IN (SELECT oldest.id FROM (SELECT id, at FROM frame_accessevent ORDER BY id LIMIT 50000) oldest WHERE oldest.at < limit_at);
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END $$;
"""

# Who came in, was refused, was locked out. The moment is the database's own. The form without an organisation was called before lines told where.
_access_sql = """
CREATE OR REPLACE FUNCTION jingwei_note_access(kind text, user_id bigint, name text, address text, detail text, tenant_id bigint) RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO frame_accessevent (at, kind, user_id, name, address, detail, tenant_id)
  VALUES (clock_timestamp(), left($1, 20), $2, left($3, 150), left($4, 45), left($5, 200), $6)
$$;
"""
# as the release before called it: its processes may still run while the tables are brought up to date
_old_access_sql = """
CREATE OR REPLACE FUNCTION jingwei_note_access(kind text, user_id bigint, name text, address text, detail text) RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ SELECT public.jingwei_note_access($1, $2, $3, $4, $5, NULL::bigint) $$;
"""

_trigger_sql = """
CREATE OR REPLACE TRIGGER note_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS after_rows
  FOR EACH STATEMENT EXECUTE FUNCTION jingwei_note_history({arguments});
CREATE OR REPLACE TRIGGER note_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
  FOR EACH STATEMENT EXECUTE FUNCTION jingwei_note_history({arguments});
CREATE OR REPLACE TRIGGER note_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS before_rows
  FOR EACH STATEMENT EXECUTE FUNCTION jingwei_note_history({arguments});
"""

# What has no history of its own, but comes back with what it went with: written down when somebody's doing takes it away, not when it is swept.
_gone_sql = """
CREATE OR REPLACE TRIGGER note_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS before_rows
  FOR EACH STATEMENT WHEN (coalesce(current_setting('jingwei.actor', true), '') <> '') EXECUTE FUNCTION jingwei_note_history({arguments});
"""

_policy_sql = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS tenant_only ON {table};
CREATE POLICY tenant_only ON {table} USING (tenant_id = nullif(current_setting('jingwei.tenant', true), '')::bigint);
"""

_grants_sql = f"""
GRANT USAGE ON SCHEMA public TO {app_role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app_role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app_role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {app_role};
REVOKE INSERT, UPDATE, DELETE ON frame_history, frame_accessevent FROM {app_role};
REVOKE EXECUTE ON FUNCTION jingwei_note_history(), jingwei_note_sendings() FROM PUBLIC, {app_role};
REVOKE EXECUTE ON FUNCTION jingwei_note_access(text, bigint, text, text, text, bigint), jingwei_note_access(text, bigint, text, text, text) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION jingwei_forget_history(bigint, timestamptz), jingwei_forget_access(timestamptz), jingwei_files_in_use() FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC, {app_role};
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {app_role};
"""


_check_sql = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{name}' AND conrelid = '{table}'::regclass) THEN
    IF EXISTS (SELECT 1 FROM {table} WHERE NOT ({rule})) THEN
      RAISE WARNING 'rows of {table} are outside of {name}; they are read as the nearest possible value. Mend them, and the next migration puts the check up';
    ELSE
      ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule});
    END IF;
  END IF;
END $$;
"""


# A key that people type is one in any case. Where rows of before have both, nothing is renamed and no upgrade fails: the check in doubles.py keeps further
# ones away, and the index is put up by the first migration that finds the doubles gone.
_once_sql = """
DO $$ BEGIN
  IF to_regclass('public.{name}') IS NULL THEN
    IF EXISTS (SELECT 1 FROM {table} GROUP BY {within}, lower({column}) HAVING count(*) > 1) THEN
      RAISE WARNING 'rows of {table} have keys that differ in their case only. Rename one of each, and the next migration keeps new ones away';
    ELSE
      CREATE UNIQUE INDEX {name} ON {table} ({within}, lower({column}));
    END IF;
  END IF;
END $$;
"""


def _keys() -> Iterator[dict[str, str]]:
    """For every resource with a key that people type: where it stands, and the index that keeps it one in any case."""
    for each in resources():
        if (key := doubles.typed_key(each)) is None:
            continue
        table, column = each.model._meta.db_table, _column(each.model, key[0])
        within = ", ".join(f'"{_column(each.model, other)}"' for other in key[1])
        yield {"name": f"jw_once_{table}_{column}", "table": f'"{table}"', "column": f'"{column}"', "within": within}


def keys_once() -> Iterator[str]:
    """The statements that make them one in any case."""
    for each in _keys():
        yield _once_sql.format(**each)


def keys_twice() -> dict[str, list[str]]:
    """Where the database does not hold that a key is one in any case, by table: keys of before that differ in their case only, none when one of each was
    renamed since. For the tables' owner, who sees every organisation's."""
    out: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for each in _keys():
            cursor.execute("SELECT to_regclass(%s) IS NULL", (f"public.{each['name']}",))
            (is_missing,) = cursor.fetchone()
            if is_missing:
                cursor.execute(
                    "SELECT array_agg({column} ORDER BY {column}) FROM {table} GROUP BY {within}, lower({column}) HAVING count(*) > 1".format(**each)
                )
                out[each["table"].strip('"')] = [key for (keys,) in cursor.fetchall() for key in keys]
    return out


def _column(model: type[models.Model], name: str) -> str:
    return str(model._meta.get_field(name).column)  # type: ignore[union-attr]


def checks_of(model: type[models.Model]) -> dict[str, str]:
    """The rules of a table's columns by their names, made from the kinds of its fields. What only the machinery writes (computed dates) has none:
    a calculation must not fail on what follows from values that were allowed one by one."""
    out: dict[str, str] = {}
    for field in model._meta.local_concrete_fields:
        if not field.editable or (rule := _rule_of(field)) is None:
            continue
        name = f"jw_{model._meta.db_table}_{field.column}"
        out[name if len(name) <= 63 else f"jw_{hashlib.sha256(name.encode()).hexdigest()[:20]}"] = rule
    return out


def _rule_of(field: models.Field[Any, Any]) -> str | None:
    column = f'"{field.column}"'
    if isinstance(field, models.DateTimeField):
        return f"{column} >= '{bounds.first_moment.isoformat()}' AND {column} <= '{bounds.last_moment.isoformat()}'"
    if isinstance(field, models.DateField):
        return f"{column} BETWEEN '{bounds.first_day.isoformat()}' AND '{bounds.last_day.isoformat()}'"
    if isinstance(field, models.DecimalField):
        return f"{column} <> 'NaN'"
    if isinstance(field, ZoneField):
        return f"{column} ~ '^[A-Za-z0-9_+/-]+$'"
    if isinstance(field, MonthField):
        return f"{column} ~ '^{bounds.month_pattern}$'"
    return None


def walled_models() -> list[type[TenantModel]]:
    """Every model that belongs to a tenant."""
    return [model for model in apps.get_models() if issubclass(model, TenantModel)]


def trigger_arguments(model: type[TenantModel]) -> str:
    """The arguments of a model's history triggers, quoted."""
    parts = (model._meta.label_lower, model.project_path, *model.history_ignores)
    return ", ".join("'" + part.replace("'", "''") + "'" for part in parts)


def _files_sql() -> str:
    """Every file a row names, and those that a deleted row named: it may come back."""
    parts = ["SELECT NULL::text"]
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                table, column, resource = model._meta.db_table, field.column, model._meta.label_lower
                parts.append(f'SELECT "{column}"::text FROM "{table}"')
                parts.append(f"SELECT before->>'{column}' FROM frame_history WHERE resource = '{resource}' AND before ? '{column}'")
    return " UNION ".join(parts)


def put_up(**_: Any) -> None:
    """Install or refresh every wall; idempotent, run as the owner after `migrate`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == app_role:
            return  # not a migration: the test runner emits the signal when it empties tables
        cursor.execute(_role_sql)
        cursor.execute(_history_sql + _sending_sql.format(resources=",".join(each.key for each in resources())))
        cursor.execute(_access_sql + _old_access_sql)
        for table in [*(model._meta.db_table for model in walled_models()), History._meta.db_table, "frame_demand", "frame_counter", "frame_search"]:
            cursor.execute(_policy_sql.format(table=f'"{table}"'))
        checked: list[type[models.Model]] = [Tenant, *walled_models()]
        for model in checked:
            for name, rule in checks_of(model).items():
                cursor.execute(_check_sql.format(table=f'"{model._meta.db_table}"', name=name, rule=rule))
        for statement in keys_once():
            cursor.execute(statement)
        for model in walled_models():
            if model.keeps_history or model.returns:
                noted = _trigger_sql if model.keeps_history else _gone_sql
                cursor.execute(noted.format(table=f'"{model._meta.db_table}"', arguments=trigger_arguments(model)))
        cursor.execute(_keeping_sql.format(days=history_days_at_least, files=_files_sql()))
        cursor.execute(_grants_sql)
        searchable.put_up(cursor, app_role)
