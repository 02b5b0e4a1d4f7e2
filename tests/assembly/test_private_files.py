"""Files that open something and that others can read are named by the doctor and closed by the supervisor."""

from __future__ import annotations

from pathlib import Path

import pytest

from jingwei.assembly import private
from jingwei.assembly.examination import spoilt
from jingwei.frame import secrets


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JINGWEI_HOME", str(tmp_path))
    monkeypatch.delenv("JINGWEI_KEY_FOLDER", raising=False)
    secrets.new_key()
    (tmp_path / "sandbox").mkdir()
    for name, text in (("secret_key", "x" * 60), ("backup.key", "ab" * 32), ("database-password", "x" * 40), ("sandbox/key", "x")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def test_what_is_its_owners_alone_is_not_named(home: Path) -> None:
    assert not private.open_to_others() and not list(spoilt()) and not private.close()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_every_file_with_a_secret_is_named_and_closed(home: Path, mode: int) -> None:
    files = [home / "secret_key", home / "backup.key", home / "database-password", home / "sandbox" / "key", *(home / "keys").iterdir()]
    for each in files:
        each.chmod(mode)
    (home / "keys").chmod(0o777)
    named = [finding.zh + finding.mend_en for finding in spoilt()]
    assert len(named) == 6 and all(any(f"{each} " in said and f"chmod go= {each}" in said for said in named) for each in (*files, home / "keys"))
    assert sorted(private.close()) == sorted([*files, home / "keys"])
    assert not private.open_to_others() and (home / "keys").stat().st_mode & 0o777 == 0o700


def test_keys_kept_elsewhere_may_be_a_groups_but_not_everybodys(home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path_factory.mktemp("keys")
    monkeypatch.setenv("JINGWEI_KEY_FOLDER", str(elsewhere))
    key = secrets.new_key()
    elsewhere.chmod(0o750)
    key.chmod(0o640)
    assert not private.open_to_others()
    key.chmod(0o644)
    assert private.open_to_others() == [key]
    assert any(f"chmod o= {key}" in finding.mend_en for finding in spoilt())
    assert private.close() == [key]
    assert (key.stat().st_mode & 0o777, elsewhere.stat().st_mode & 0o777) == (0o640, 0o750), "the group it is handed out to keeps it"
