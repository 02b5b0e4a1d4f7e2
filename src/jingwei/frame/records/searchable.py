"""What the database does for search: it keeps the words of every row of every resource that declares `search`, and answers who asks for some.

Triggers made from the declarations write `frame_search` in the transaction of the row, whichever way it is written. A word that stands in another row
(`risk__code`) follows that row. `jingwei_search` is the only way to read it: it knows the organisation from the session, and the places from who asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models

from jingwei.frame.records.extra import column
from jingwei.frame.records.resource import Resource, resources

text_at_most = 10_000  # characters of one row that are searched
filled_at_once = 20_000  # rows of before that are taken over while tables are brought up to date; more of them by the scheduler
batch = 2_000

# As words are compared: without case, fullwidth as halfwidth, every space alike.
_plain_sql = """
CREATE OR REPLACE FUNCTION jingwei_plain(given text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  given := translate(given, E'\\n\\r\\t\\f\\v', '     ');
  IF given IS NOT NFKC NORMALIZED THEN given := normalize(given, NFKC); END IF;
  RETURN lower(given);
END $$;
"""

# The texts among the values of declared fields, and one of those values as a number.
_words_sql = """
CREATE OR REPLACE FUNCTION jingwei_number(given text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN given ~ '^-?[0-9]{1,40}([.][0-9]{1,20})?$' THEN given::numeric END
$$;
CREATE OR REPLACE FUNCTION jingwei_words(given jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT string_agg(each #>> '{}', ' ') FROM jsonb_path_query(given, '$.* ? (@.type() == "string")') each
$$;
"""

# What the index is asked for a word: all whole pieces in it (at most thirty, the text itself is looked at anyway), else what begins with it.
_wanted_sql = """
CREATE OR REPLACE FUNCTION jingwei_wanted(head text, word text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  whole text[] := '{}';
  piece text;
  ending text := '';
BEGIN
  FOR place IN 1..least(length(word), 30) LOOP
    piece := substr(word, place, 2);
    IF octet_length(piece) = 2 THEN piece := substr(word, place, 3); CONTINUE WHEN length(piece) < 3; END IF;
    CONTINUE WHEN length(piece) < 2 OR piece LIKE '% %';
    whole := whole || (head || piece);
  END LOOP;
  IF whole = '{}' THEN whole := ARRAY[head || split_part(left(word, 2), ' ', 1)]; ending := ':*'; END IF;
  RETURN (SELECT string_agg(DISTINCT '''' || replace(replace(each, '\\', '\\\\'), '''', '''''') || '''' || ending, ' & ') FROM unnest(whole) each);
END $$;
"""

# For each kind its newest two thousand rows are looked through first: a common word is found there, and one that is not is rare enough for the index.
# `places` tells of each kind in which projects it may be seen (null: in all), whether rows of the organisation are among them, and which rows only.
_rank = """CASE WHEN s.code = entire THEN 0 WHEN starts_with(s.code, entire) OR starts_with(s.title, entire) THEN 1
    WHEN s.code || E'\\n' || s.title LIKE ALL (patterns) THEN 2 ELSE 3 END"""
_may_see = """s.tenant_id = tenant AND s.resource = kind.key
    AND (kind.projects IS NULL OR s.project_id = ANY (kind.projects) OR s.project_id IS NULL AND kind.with_own)
    AND (kind.only_rows IS NULL OR s.row_id = ANY (kind.only_rows))"""
_search_sql = """
DROP FUNCTION IF EXISTS jingwei_search(text[], jsonb, int);
CREATE FUNCTION jingwei_search(words text[], places jsonb, most int)
RETURNS TABLE (resource text, row_id bigint, label text, rank int, at timestamptz, project_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET work_mem = '32MB' SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  tenant bigint := nullif(current_setting('jingwei.tenant', true), '')::bigint;
  plain text[] := ARRAY(SELECT trim(jingwei_plain(each)) FROM unnest(words) each WHERE trim(jingwei_plain(each)) <> '');
  entire text := trim(jingwei_plain(array_to_string(words, ' ')));
  beyond text := entire || chr(1114111);
  patterns text[] := ARRAY(SELECT '%' || replace(replace(replace(each, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%' FROM unnest(plain) each);
  kind record;
  asked tsquery;
  seen bigint;
  hits bigint[];
BEGIN
  IF plain = '{}' OR tenant IS NULL THEN RETURN; END IF;
  FOR kind IN SELECT p.*, tenant || '.' || left(md5(p.key), 4) || ':' AS head
      FROM jsonb_to_recordset(places) AS p(key text, projects bigint[], with_own boolean, only_rows bigint[]) LOOP
    SELECT count(*), (array_agg(s.row_id ORDER BY <rank>, s.at DESC) FILTER (WHERE s.body LIKE ALL (patterns) AND <may see>))[1:most] INTO seen, hits
      FROM (SELECT n.* FROM frame_search n WHERE n.tenant_id = tenant AND n.resource = kind.key ORDER BY n.at DESC LIMIT 2000) s;
    IF seen = 2000 AND coalesce(cardinality(hits), 0) < most THEN
      asked := (SELECT string_agg(jingwei_wanted(kind.head, each), ' & ') FROM unnest(plain) each)::tsquery;
      IF kind.projects IS NOT NULL THEN
        asked := asked && (SELECT string_agg(quote_literal(kind.head || chr(1) || each), ' | ')
          FROM unnest(kind.projects::text[] || CASE WHEN kind.with_own THEN ARRAY[''] ELSE '{}' END) each)::tsquery;
      END IF;
      SELECT (array_agg(s.row_id ORDER BY <rank>, s.at DESC))[1:most] INTO hits
        FROM (SELECT n.* FROM frame_search n WHERE jingwei_grams(n.tenant_id, n.project_id, n.resource::text, n.body) @@ asked OFFSET 0) s
        WHERE s.body LIKE ALL (patterns) AND <may see>;
    ELSIF seen = 2000 THEN
      hits := hits || ARRAY(SELECT s.row_id FROM frame_search s WHERE s.code >= entire AND s.code < beyond AND <may see> ORDER BY s.code LIMIT most)
        || ARRAY(SELECT s.row_id FROM frame_search s WHERE s.title >= entire AND s.title < beyond AND <may see> ORDER BY s.title LIMIT most);
    END IF;
    RETURN QUERY SELECT s.resource::text, s.row_id, s.label::text, <rank>, s.at, s.project_id FROM frame_search s
      WHERE s.resource = kind.key AND s.row_id = ANY (hits) ORDER BY 4, s.at DESC LIMIT most;
  END LOOP;
END $$;
""".replace("<rank>", _rank).replace("<may see>", _may_see)

# The parts of a line stand behind one another while they are made plain, which costs most of it.
_line_sql = """
INSERT INTO frame_search (tenant_id, project_id, resource, row_id, code, title, label, body, at)
SELECT p.tenant_id, p.project_id, '{key}', p.id, left(p.parts[1], 200), left(p.parts[2], 200), left(concat_ws(' ', nullif(p.code, ''), p.title), 400),
       array_to_string(p.parts[3:], E'\\n'), p.updated_at
FROM (SELECT l.*, string_to_array(left(jingwei_plain(concat_ws(E'\\x01', left(l.code, 200), left(l.title, 200), {texts})), {most}), E'\\x01') AS parts
  FROM (SELECT a.tenant_id, {project} AS project_id, a.id, a.updated_at, {code} AS code, {title} AS title, {values} FROM {source} OFFSET 0) l OFFSET 0) p
ON CONFLICT (resource, row_id) DO UPDATE SET tenant_id = excluded.tenant_id, project_id = excluded.project_id, code = excluded.code, title = excluded.title,
  label = excluded.label, body = excluded.body, at = excluded.at
"""

# A session's first change fixes the plan of every later one, as in the history's trigger: hence no nested loops.
_own_sql = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_nestloop = off AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN {inserted};
  ELSIF TG_OP = 'UPDATE' THEN {updated};
  ELSE DELETE FROM frame_search WHERE resource = '{key}' AND row_id = ANY (ARRAY(SELECT id FROM before_rows));
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER find_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION {name}();
CREATE OR REPLACE TRIGGER find_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
  FOR EACH STATEMENT EXECUTE FUNCTION {name}();
CREATE OR REPLACE TRIGGER find_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS before_rows FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""

_following_sql = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  changed bigint[] := ARRAY(SELECT n.id FROM before_rows o JOIN after_rows n ON n.id = o.id WHERE {differs});
BEGIN
  IF changed <> '{{}}' THEN {followed}; END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER {name} AFTER UPDATE ON {table} REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
  FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""

# The next rows of some kind that was there before its search; how many there were, null when nothing waits any more. A row is held meanwhile, so that what
# is taken over is what stands in it.
_fill_sql = """
CREATE OR REPLACE FUNCTION jingwei_fill_search(most int) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  waiting frame_searchfill;
  ids bigint[];
BEGIN
  SELECT * INTO waiting FROM frame_searchfill WHERE NOT is_full ORDER BY id LIMIT 1 FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  CASE waiting.resource {cases}
  ELSE ids := '{{}}';
  END CASE;
  UPDATE frame_searchfill SET behind = coalesce(ids[cardinality(ids)], behind), is_full = cardinality(ids) < most WHERE id = waiting.id;
  RETURN cardinality(ids);
END $$;
"""
_case_sql = """
WHEN '{key}' THEN
  ids := ARRAY(SELECT id FROM {table} WHERE id > waiting.behind ORDER BY id LIMIT most FOR SHARE);
  {line};"""

# Nobody else is to be asked, and nothing is written by hand.
_rights_sql = """
REVOKE ALL ON frame_search FROM PUBLIC;
REVOKE SELECT, INSERT, UPDATE, DELETE ON frame_search FROM {role};  -- it was given no other right
REVOKE INSERT, UPDATE, DELETE ON frame_searchfill FROM {role};
"""


@dataclass(frozen=True)
class Kind:
    """One resource's search as the database needs it."""

    resource: Resource

    @property
    def table(self) -> str:
        """Its table, quoted."""
        return f'"{self.resource.model._meta.db_table}"'

    @property
    def code(self) -> str:
        """The field people name a row by, when it is searched; empty when there is none."""
        last = self.resource.natural_key[-1]
        return last if last in self.resource.search else ""

    @property
    def title(self) -> tuple[str, ...]:
        """What is read behind the code: the first other field of its own; for a row that has none, all that is searched."""
        own = [path for path in self.resource.search if "__" not in path and path != self.code]
        return tuple(own[:1]) if own or self.code else self.resource.search

    @property
    def searched(self) -> tuple[str, ...]:
        """All that is looked in: what is declared, and the fields that people declare."""
        return (*self.resource.searched, *((column,) if self.resource.is_extended else ()))

    @property
    def place(self) -> str:
        """The lookup of the project whose rights decide."""
        return self.resource.model.project_path or self.resource.model.place_path

    @property
    def paths(self) -> tuple[str, ...]:
        """Every lookup that a line is made of."""
        return tuple(dict.fromkeys((*self.searched, *filter(None, [self.place]))))

    def line(self, source: str) -> str:
        """The statement that writes the lines of the rows `a` of a source."""
        titles = ", ".join(self.value(path) for path in self.title)
        return _line_sql.format(
            key=self.resource.key,
            project=self.value(self.place) if self.place else "NULL::bigint",
            code=f"coalesce({self.value(self.code)}::text, '')" if self.code else "''",
            title=f"concat_ws(' · ', {titles})" if titles else "''",
            texts=", ".join(f"l.text{number}" for number, _path in enumerate(self.searched)),
            values=", ".join(f"{self.value(path)}::text AS text{number}" for number, path in enumerate(self.searched)),
            most=text_at_most,
            source=source,
        )

    def value(self, path: str) -> str:
        """A lookup from a row `a`, each reference followed by its key."""
        return _value(self.resource.model, "a", path.split("__"))

    def watched(self) -> Iterator[tuple[tuple[str, ...], type[models.Model], list[str]]]:
        """Each chain of references that a line follows, where it leads, and the columns there that a line is made of."""
        chains: dict[tuple[str, ...], list[str]] = {}
        for path in self.paths:
            steps = path.split("__")
            for depth in range(1, len(steps)):
                chains.setdefault(tuple(steps[:depth]), []).append(steps[depth])
        for chain, names in chains.items():
            model: Any = self.resource.model
            for hop in chain:
                model = model._meta.get_field(hop).related_model
            yield chain, model, sorted({_column(model, name) for name in names})

    def holders(self, chain: tuple[str, ...]) -> str:
        """The rows `a` whose chain of references leads to one of `changed`."""
        model: Any = self.resource.model
        levels = []
        for hop in chain:
            field = model._meta.get_field(hop)
            levels.append((model._meta.db_table, field.column))
            model = field.related_model
        ids = "changed"
        for table, reference in reversed(levels[1:]):
            ids = f'ARRAY(SELECT id FROM "{table}" WHERE "{reference}" = ANY ({ids}))'  # noqa: S608  (names of our own models)
        return f'{self.table} a WHERE a."{levels[0][1]}" = ANY ({ids})'

    def statements(self) -> Iterator[tuple[str, str]]:
        """Its triggers: the name of the function, and the statements that put them up."""
        own = sorted({_column(self.resource.model, path.split("__")[0]) for path in self.paths})
        changed = "after_rows a JOIN before_rows b ON b.id = a.id WHERE " + _differ("a", "b", own)
        name = _named(self.resource.model._meta.db_table)
        yield name, _own_sql.format(name=name, key=self.resource.key, table=self.table, inserted=self.line("after_rows a"), updated=self.line(changed))
        for chain, model, columns in self.watched():
            name = _named(self.resource.model._meta.db_table, *chain)
            yield (
                name,
                _following_sql.format(
                    name=name, table=f'"{model._meta.db_table}"', differs=_differ("n", "o", columns), followed=self.line(self.holders(chain))
                ),
            )


def _value(model: Any, row: str, steps: list[str], depth: int = 0) -> str:
    if steps == [column]:
        return f'jingwei_words({row}."{column}")'
    if len(steps) == 1:
        return f'{row}."{_column(model, steps[0])}"'
    field, below = model._meta.get_field(steps[0]), f"r{depth}"
    found = _value(field.related_model, below, steps[1:], depth + 1)
    return f'(SELECT {found} FROM "{field.related_model._meta.db_table}" {below} WHERE {below}.id = {row}."{field.column}")'  # noqa: S608


def _differ(one: str, other: str, columns: list[str]) -> str:
    def row(of: str) -> str:
        return "(" + ", ".join(f'{of}."{column}"' for column in columns) + ")"

    return f"{row(one)} IS DISTINCT FROM {row(other)}"


def _column(model: type[models.Model], name: str) -> str:
    """The column of a field that is named as in a lookup: `project_id` too."""
    for field in model._meta.concrete_fields:
        if name in (field.name, field.attname):
            return str(field.column)
    raise LookupError(f"{model._meta.label_lower} has no {name}")


def _named(*parts: str) -> str:
    name = "jw_find_" + "_".join(parts)
    return name if len(name) <= 63 else f"jw_find_{hashlib.sha256(name.encode()).hexdigest()[:20]}"


def kinds() -> list[Kind]:
    """Every resource that is searched."""
    return [Kind(each) for each in resources() if each.search]


def put_up(cursor: Any, role: str) -> None:
    """Install or refresh all of it, as the owner; rows of before are taken over at once where they are few."""
    cursor.execute(_plain_sql + _words_sql + _wanted_sql + _search_sql)
    known, marks = [], {}
    for kind in kinds():
        put = list(kind.statements())
        for name, statement in put:
            cursor.execute(statement)
            known.append(name)
        marks[kind.resource.key] = hashlib.sha256("".join((_plain_sql, *(statement for _name, statement in put))).encode()).hexdigest()[:32]
    cases = [_case_sql.format(key=k.resource.key, table=k.table, line=k.line(f"{k.table} a WHERE a.id = ANY (ids)")) for k in kinds()]
    cursor.execute(_fill_sql.format(cases="".join(cases)))
    _take_down(cursor, known, list(marks))
    cursor.execute(_rights_sql.format(role=role))
    for name in known:
        cursor.execute(f"REVOKE EXECUTE ON FUNCTION {name}() FROM PUBLIC, {role}")
    for key, mark in marks.items():
        cursor.execute(
            "INSERT INTO frame_searchfill (resource, declared, behind, is_full) VALUES (%s, %s, 0, false) ON CONFLICT (resource) DO UPDATE"
            " SET declared = excluded.declared, behind = 0, is_full = false WHERE frame_searchfill.declared <> excluded.declared",
            (key, mark),
        )
    _fill_small(cursor)


def _take_down(cursor: Any, known: list[str], keys: list[str]) -> None:
    """What was declared before and is not any more."""
    cursor.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'jw\\_find\\_%%' AND NOT proname = ANY (%s)", (known,)
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'DROP FUNCTION "{name}"() CASCADE')
    cursor.execute("DELETE FROM frame_search WHERE NOT resource = ANY (%s)", (keys,))
    cursor.execute("DELETE FROM frame_searchfill WHERE NOT resource = ANY (%s)", (keys,))


def _fill_small(cursor: Any) -> None:
    """Take rows of before over now when all that wait are few; else the scheduler does, a batch at a time."""
    cursor.execute("SELECT resource FROM frame_searchfill WHERE NOT is_full")
    waiting, tables = [key for (key,) in cursor.fetchall()], {k.resource.key: k.table for k in kinds()}
    for key in waiting:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {tables[key]} LIMIT %s) few", (filled_at_once + 1,))  # noqa: S608
        if cursor.fetchone()[0] > filled_at_once:
            return
    while waiting:
        cursor.execute("SELECT jingwei_fill_search(%s)", (batch,))
        if cursor.fetchone()[0] is None:
            return
