"""What every test stands on: the embedded database as owner for its making, as application role for its use."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.browser import launched

# no test is a stopwatch: a busy machine must not fail a property
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# Files that share one running thing stay together and begin first, as they take longest; every other file goes where there is room.
together = {
    "redmine": ("tests/connectors/test_redmine", "tests/hub/test_redmine_life.py"),
    "journey": ("tests/journey/",),
    "coming back": ("tests/assembly/test_coming_back.py", "tests/assembly/test_archive"),
}


@pytest.hookimpl(trylast=True)  # after the plugin that puts what needs the database first
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest first."""
    first = {name: number for number, name in enumerate(together)}
    items.sort(key=lambda item: first.get(_group(item.nodeid), len(first)))


def pytest_collection_finish() -> None:
    """What was loaded by now stays till the end: the collector need not look at it again and again, nor after every few hundred objects of a page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class ByGroup(LoadScopeScheduling):
    """A file, or the files of a group, go to one process as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How the tests are shared among several processes (`-n`)."""
    return ByGroup(config, log)


def _group(nodeid: str) -> str:
    return next((name for name, starts in together.items() if nodeid.startswith(starts)), nodeid.partition("::")[0])


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """One fresh test database a session (or a kept one with --reuse-db)."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from jingwei.frame.postgres.base import as_owner
    from tests.emptying import empty_quickly

    keep = request.config.getvalue("reuse_db") and not request.config.getvalue("create_db")
    with django_db_blocker.unblock(), as_owner():
        _spare_the_disk()
        if not keep:
            connection.settings_dict["TEST"]["TEMPLATE"] = _template()
        made = setup_databases(verbosity=0, interactive=False, keepdb=keep)
        login = connection.get_connection_params()
        empty_quickly({name: login[name] for name in ("host", "port", "user", "password", "dbname") if name in login})
        connection.close()
    yield
    with django_db_blocker.unblock(), as_owner():
        connection.close()
        if not keep:
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for pages that the test's own process serves."""
    with pytest.MonkeyPatch.context() as patch, launched() as started:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's loop runs in this thread; the tests ask the database between its steps
        yield started


def _spare_the_disk() -> None:
    """The tests' own server need not outlive a power cut: it hands its writes to the system and goes on. Installations that tests start keep to theirs."""
    from django.db import connection

    with connection.cursor() as cursor:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            cursor.execute(f"ALTER SYSTEM SET {setting} = off")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()


def _template() -> str:
    """A database with all tables in it, from which the test database is copied."""
    import psycopg

    from jingwei.assembly import snapshot
    from jingwei.assembly.backups.journal import with_database
    from jingwei.frame.postgres import address

    name, url = "jingwei_tables", address.owner_url()
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(with_database(url, name)) as empty:
        assert snapshot.bring_in(empty), "tables.sql is not of these migrations: python -m tools.schema write"
    return name
