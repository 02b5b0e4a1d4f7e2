"""The tables of a fresh installation as one file: `python -m tools.schema write` after a new migration, `check` compares.

Both make a database of their own beside the embedded one and let every migration run in it.
"""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg

scratch = "jingwei_schema"
# what would outlive the transaction in which the file is read, and what only says with which program it was written
_left_out = ("--", "\\restrict", "\\unrestrict", "SET statement_timeout", "SET lock_timeout", "SET idle_in", "SET transaction_timeout", "SET client_")


def dumped(pg_dump: str, url: str) -> str:
    """The tables of a database in a form that two equal ones share."""
    command = [pg_dump, "--schema-only", "--no-owner", "--no-privileges", "--dbname", url]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return "\n".join(_local(line) for line in lines if line and not line.startswith(_left_out)) + "\n"


def _local(line: str) -> str:
    if line.startswith("SELECT pg_catalog.set_config('search_path'"):
        return "SELECT pg_catalog.set_config('search_path', '', true);"
    return line.replace("SET ", "SET LOCAL ", 1) if line.startswith("SET ") else line


def applied(connection: psycopg.Connection[tuple[str, str]]) -> str:
    """The migrations as one statement; when they were applied is when the installation begins."""
    rows = connection.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
    values = ",\n".join(f"  ('{app}', '{name}', now())" for app, name in rows)
    return f"INSERT INTO public.django_migrations (app, name, applied) VALUES\n{values};\n"


def made() -> str:
    """The whole file, from a database that went through every migration."""
    import django

    django.setup()
    from django.apps import apps
    from django.core.management import call_command
    from django.db.models.signals import post_migrate

    from jingwei.assembly import snapshot
    from jingwei.assembly.backups.journal import with_database
    from jingwei.frame.postgres import address, base

    url, pg_dump = address.owner_url(), address.tool("pg_dump")
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {scratch} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {scratch} TEMPLATE template0")
        try:
            os.environ["DATABASE_URL"] = with_database(url, scratch)
            base.be_owner()
            post_migrate.disconnect(
                dispatch_uid="frame.guards", sender=apps.get_app_config("frame")
            )  # the walls are put up after the tables, whichever way these came
            call_command("migrate", verbosity=0, interactive=False)
            with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
                text = f"{snapshot.first_line()}\n{dumped(pg_dump, os.environ['DATABASE_URL'])}{applied(connection)}"
            from django.db import connection as ours

            ours.close()
        finally:
            del os.environ["DATABASE_URL"]
            server.execute(f"DROP DATABASE IF EXISTS {scratch} WITH (FORCE)")
    return text


def main(what: str) -> int:
    from jingwei.assembly import snapshot

    text = made()
    if what == "write":
        snapshot.file.write_text(text, encoding="utf-8")
        print(f"{len(text.splitlines())} lines")
        return 0
    is_same = snapshot.file.read_text(encoding="utf-8") == text
    print("the tables are those of the migrations" if is_same else "the tables are not those of the migrations: python -m tools.schema write")
    return 0 if is_same else 1


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jingwei.assembly.settings")
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
