"""The column in which the spelling of somebody's name is kept, so that a person is found by pinyin."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models

from jingwei.kernels.spelling import spelled

filled_at_once = 2_000


class SpeltField(models.TextField):  # type: ignore[type-arg]
    """How the name in the fields `of` is spelled. It follows the name whenever the row is saved, is searched with it, and told to nobody."""

    def __init__(self, *of: str, **options: Any) -> None:
        self.of = of
        super().__init__(**{"default": "", "editable": False, "blank": True, **options})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, _arguments, options = super().deconstruct()
        return name, path, list(self.of), {key: value for key, value in options.items() if key not in ("default", "editable", "blank")}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        made = spelled(" ".join(filter(None, (getattr(model_instance, name) for name in self.of))))
        setattr(model_instance, self.attname, made)
        return made


def spelt_with(model: type[models.Model], names: Collection[str] | None = None) -> list[SpeltField]:
    """The spellings that follow when these fields (or all) of a row are written."""
    return [each for each in model._meta.concrete_fields if isinstance(each, SpeltField) and (names is None or not set(each.of).isdisjoint(names))]


def fill(connection: Any, table: str, column: str, of: tuple[str, ...]) -> None:
    """Spell the names of rows that were there before the column, as the owner of the table; it is no change of theirs, so no trigger hears of it."""
    names = ", ".join(f'"{name}"' for name in of)
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        last = 0
        while True:
            cursor.execute(f"SELECT id, concat_ws(' ', {names}) FROM \"{table}\" WHERE id > %s ORDER BY id LIMIT %s", (last, filled_at_once))  # noqa: S608
            if not (rows := cursor.fetchall()):
                break
            cursor.executemany(f'UPDATE "{table}" SET "{column}" = %s WHERE id = %s', [(spelled(name), pk) for pk, name in rows])  # noqa: S608
            last = rows[-1][0]
        cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
