"""Whether the tables are up to date, and bringing them there as their owner."""

from __future__ import annotations


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


def migrate_all() -> None:
    """Apply all migrations and put up the walls, as the owner; an empty database gets its tables at once."""
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
