"""Whether the tables are up to date, and bringing them there as their owner."""

from __future__ import annotations

from collections.abc import Iterable

from jingwei import __version__
from jingwei.assembly.commands import Refused


def pending_migrations() -> bool:
    """Whether some migration is not applied yet."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from jingwei.frame.postgres.base import as_owner

    with as_owner():
        executor = MigrationExecutor(connection)
        pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        connection.close()
    return pending


def unknown_of(applied: Iterable[str]) -> list[str]:
    """Those of some migrations ("work.0003_…") that this program does not know: they are a newer one's."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    replaced = {f"{app}.{name}" for migration in loader.disk_migrations.values() for app, name in migration.replaces}
    return [each for each in applied if each not in known | replaced]


def unknown_migrations() -> list[str]:
    """What a newer program has done to the tables; none when they are of this program or an older one. What libraries have done says nothing of that:
    they fold their migrations together, and keep no rows of those there were."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    from jingwei.frame.postgres.base import as_owner

    with as_owner():
        applied = MigrationRecorder(connection).applied_migrations()
        connection.close()
    libraries = {config.label for config in apps.get_app_configs() if not config.name.startswith("jingwei.")}
    return unknown_of(sorted(f"{app}.{name}" for app, name in applied if app not in libraries))


class Newer(Refused):
    """The tables are a newer program's: this one does not know what stands in them, and would write what that one does not expect."""

    def __init__(self, unknown: list[str]) -> None:
        mend_zh, mend_en = newer_mend()
        super().__init__(
            f"数据库比本程序（{__version__}）新：含有 {unknown[0]}；{mend_zh}",
            f"the database is newer than this program ({__version__}): it has {unknown[0]}; {mend_en}",
        )


def newer_mend() -> tuple[str, str]:
    """What to do about that."""
    return "请升级本程序，或用 jingwei restore 恢复旧版本的备份", "upgrade this program, or bring back a backup of the older one with jingwei restore"


def refuse_newer() -> None:
    """Newer, when the tables are a newer program's."""
    if unknown := unknown_migrations():
        raise Newer(unknown)


def migrate_all() -> None:
    """Apply all migrations and put up the walls, as the owner; an empty database gets its tables at once. Newer when there is nothing to bring up."""
    refuse_newer()
    _migrate()


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    from jingwei.assembly import snapshot
    from jingwei.frame.postgres.base import as_owner

    with as_owner():
        connection.close()
        connection.ensure_connection()
        snapshot.bring_in(connection.connection)
        call_command("migrate", verbosity=0, interactive=False)
        connection.close()
