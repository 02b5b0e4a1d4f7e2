"""Law: a foreign key, also one given as a string, points to the same room or falls to a lower one."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from jingwei.assembly import domains

heights = ("frame", "hub", *domains.names, "boards")
library = {"auth", "contenttypes", "sessions", "account", "mfa", "usersessions", "axes", "procrastinate", "socialaccount", "messages"}


def own_models() -> list[type[models.Model]]:
    """Every model of the house."""
    return [m for m in apps.get_models() if m.__module__.startswith("jingwei.")]


def references() -> list[tuple[str, str, str]]:
    """(from, field, to) of every foreign key of the house."""
    return [
        (model._meta.label, field.name, field.related_model._meta.app_label)
        for model in own_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
    ]


def test_every_room_has_its_height() -> None:
    rooms = {m._meta.app_label for m in own_models()}
    assert rooms <= set(heights), f"give {rooms - set(heights)} a place in the order"
    assert len(references()) > 40


@pytest.mark.parametrize(("source", "field", "target"), references())
def test_a_foreign_key_falls(source: str, field: str, target: str) -> None:
    if target in library:
        return
    room = source.split(".")[0]
    assert heights.index(target) <= heights.index(room), f"{source}.{field} climbs to {target}"
