"""A database that could not be swapped is open again, and is addressed rightly whichever way it is reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from jingwei.assembly.backups import journal
from jingwei.assembly.commands import Refused


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("postgresql://u:p@host:5433/jingwei?sslmode=require", "postgresql://u:p@host:5433/postgres?sslmode=require"),
        ("postgresql:///jingwei?host=/run/postgresql", "postgresql:///postgres?host=/run/postgresql"),
        ("postgresql://postgres:@/jingwei?host=/home/x", "postgresql://postgres:@/postgres?host=/home/x"),
    ],
)
def test_another_database_of_the_same_server(url: str, other: str) -> None:
    assert journal.with_database(url, "postgres") == other
    psycopg.conninfo.conninfo_to_dict(other)  # it can be read


def test_who_may_not_end_connections_is_told_and_leaves_the_database_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGWEI_HOME", str(tmp_path))
    opened: list[str] = []

    def denied(_server: Any, _name: str) -> None:
        raise psycopg.errors.InsufficientPrivilege("permission denied to terminate process")

    class Server:
        def __enter__(self) -> Server:
            return self

        def __exit__(self, *_what: object) -> None: ...

    monkeypatch.setattr(journal.psycopg, "connect", lambda *_a, **_k: Server())
    monkeypatch.setattr(journal, "_empty", denied)
    monkeypatch.setattr(journal, "_open", lambda _server, name: opened.append(name))
    with pytest.raises(Refused) as refusal:
        journal.swap("postgresql://u@host/jingwei", journal.Swap("jingwei", "staged", "former", str(tmp_path / "new"), str(tmp_path / "old")))
    assert "pg_signal_backend" in refusal.value.en and "pg_signal_backend" in refusal.value.zh
    assert opened == ["jingwei", "former"]
