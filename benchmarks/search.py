"""Search among a million rows: p50 and p95 of one question for all kinds, beside looking through every row. Run: python benchmarks/search.py [rows]"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
projects = 50
verbs = ("安装", "调试", "验收", "采购", "运输", "评审", "开发", "联调", "迁移", "培训")
things = (
    "桥架",
    "控制柜",
    "接口",
    "数据库",
    "传感器",
    "机器人",
    "输送线",
    "立体库",
    "看板",
    "网关",
    "PLC程序",
    "MES报工",
    "ERP订单",
    "wiring",
    "gateway",
    "interface",
)
places = ("一车间", "二车间", "三车间", "装配线", "涂装线", "成品库", "原料库", "机房", "office", "warehouse")
rare = "龘"  # one row of a hundred thousand
shares = {"cost.line": 0.5, "work.task": 0.3, "risk.risk": 0.2}
texts = {"cost.line": ("number", "description", "supplier"), "work.task": ("code", "name", "external_ref"), "risk.risk": ("code", "title", "cause")}
asked = {
    "exact code": "C-{n}", "beginning of a code": "C-{m}", "middle of a code": "{k}", "one letter": "e", "two letters": "rn", "Latin, common": "gateway", "Latin, rare": "r{n}z",
    "one Chinese, common": "装", "one Chinese, rare": rare, "two Chinese, common": "桥架", "two Chinese, rare": rare + "柜", "four Chinese": "调试桥架", "seven Chinese": "调试桥架一车间",
    "two words": "采购 机房", "common and rare": "安装 r{n}z", "not there": "量子计算", "not there, Latin": "xyzzy",
}  # fmt: skip


def line(key: str, n: int, chance: random.Random) -> dict[str, Any]:
    """The words of one row."""
    title = f"{chance.choice(verbs)}{chance.choice(things)}{chance.choice(places)}{n % 97}号" + (rare + "柜" if n % 100_000 == 7 else "")
    code = {"cost.line": "C", "work.task": "T", "risk.risk": "R"}[key] + f"-{n}"
    return dict(zip(texts[key], (code, title, f"r{n * 7919 % rows}z"), strict=True))


def main() -> None:
    """Load the rows into an installation of its own, then ask."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {"JINGWEI_HOME": home, "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings", "JINGWEI_LOG_LEVEL": "ERROR"}
        import django

        django.setup()
        from django.db import connection

        from jingwei.assembly.tables import migrate_all
        from jingwei.frame import scope
        from jingwei.frame.models import Project, Tenant
        from jingwei.frame.narrowing import Limit
        from jingwei.frame.postgres import address
        from jingwei.frame.postgres.base import as_owner
        from jingwei.frame.rights.access import system_access

        migrate_all()
        tenant = Tenant.objects.create(code="t", name="T")
        with scope.within(scope.Scope(tenant.pk)):
            made = [Project(code=f"P{n}", name=f"P{n}", start_on=date(2026, 1, 1)) for n in range(projects)]
            for each in made:
                each.save()
        with as_owner():
            connection.close()
            with scope.within(scope.Scope(tenant.pk)):
                load([each.pk for each in made])
        connection.close()
        everything = system_access(tenant.pk)
        for name, access in (("all projects", everything), ("one project of fifty", everything.narrowed((Limit(("*",), frozenset({made[7].pk})),)))):
            with scope.within(scope.Scope(tenant.pk)):
                compare(name, access)
        connection.close()
        address.stop_embedded()


def load(project_ids: list[int]) -> None:
    """Copy every kind's rows in, each like a first one that was made in the ordinary way."""
    from django.db import connection

    from jingwei.frame import scope
    from jingwei.frame.models import Project
    from jingwei.frame.records import commands
    from jingwei.frame.records.resource import resource
    from jingwei.frame.rights.access import system_access

    chance = random.Random(7)
    access = system_access(scope.current().tenant_id)
    for key, share in shares.items():
        kind, count = resource(key), int(rows * share)
        first = commands.create(kind, {**kind.example(), "project": Project.objects.first()}, access)  # type: ignore[misc]
        table = f'"{kind.model._meta.db_table}"'
        with connection.cursor() as cursor:
            names = [f'"{field.column}"' for field in kind.model._meta.concrete_fields if field.column != "id"]
            cursor.execute(f"SELECT {', '.join(names)} FROM {table} WHERE id = %s", (first.pk,))
            like = dict(zip((name.strip('"') for name in names), cursor.fetchone(), strict=True))
            for parts, switch in ((10, "DISABLE"), (10, "ENABLE"), (1, "ENABLE")):
                cursor.execute(f"ALTER TABLE {table} {switch} TRIGGER find_insert")
                if parts > 1 and key != "cost.line":
                    continue
                began = time.perf_counter()
                with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                    for n in range(count // parts):
                        words = line(key, n + (0 if parts == 1 else count * 2 if switch == "ENABLE" else count * 3), chance)
                        copy.write_row(list((like | words | {"project_id": project_ids[n % projects]}).values()))
                taken = time.perf_counter() - began
                print(
                    f"{key}: {count // parts:,} rows with history, {'with' if switch == 'ENABLE' else 'without'} the table of words: {taken:.1f} s", flush=True
                )
            cursor.execute(f"ANALYZE {table}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE frame_search")
        cursor.execute(
            "SELECT pg_size_pretty(pg_table_size('frame_search')), pg_size_pretty(pg_indexes_size('frame_search')), pg_size_pretty(pg_relation_size('search_grams'))"
        )
        print("frame_search: table {}, indexes {}, of which the pieces of words {}".format(*cursor.fetchone()), flush=True)


def compare(name: str, access: Any) -> None:
    """Both ways for every kind of word, turn by turn."""
    from jingwei.frame.records.listing import searched
    from jingwei.frame.records.resource import resources
    from jingwei.frame.records.search import find

    def slowly(words: str) -> Any:
        return [(kind.key, str(row)) for kind in resources() if kind.search for row in kind.rows(access).filter(searched(kind, words))[:6]]

    chance = random.Random(3)
    print(f"\n{name}: {'':22} {'p50':>9} {'p95':>9} | every row looked at {'p50':>9} {'p95':>9} | ratio of p50", flush=True)
    for kind, pattern in asked.items():

        def words(pattern: str = pattern) -> Iterator[str]:
            while True:
                n = chance.randrange(int(rows * 0.5))
                yield pattern.format(n=n, m=str(n)[:3], k=str(n)[1:])

        new, old = timed(lambda each: find(each, access, resources(), most=6), words(), 25), timed(slowly, words(), 2)
        print(f"{kind:38} {new[0]:6.1f} ms {new[1]:6.1f} ms | {'':19} {old[0]:6.0f} ms {old[1]:6.0f} ms | {old[0] / new[0]:6.1f}", flush=True)


def timed(ask: Callable[[str], Any], words: Iterator[str], times: int) -> tuple[float, float]:
    """(p50, p95) in milliseconds; the first call warms up."""
    ask(next(words))
    taken = []
    for _ in range(times):
        each = next(words)
        began = time.perf_counter()
        ask(each)
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[min(len(taken) - 1, int(len(taken) * 0.95))]


if __name__ == "__main__":
    main()
