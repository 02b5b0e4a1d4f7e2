"""Persons at work on both sides of an interface: each edit is logged before the next is made, so that every value can be asked after."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import Error, connection

from tests.hub.chaos.peers import NotNow, Redmine, Tracker

names_of_a = {"name": "subject", "description": "description", "percent": "done_ratio", "work_hours": "estimated_hours"}
texts = ("name", "description")


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person did: edit, new, delete, move; `field` in our names. `began` and `ended` enclose the moment it took effect."""

    interface: str
    side: str
    what: str
    key: str
    field: str = ""
    value: Any = None
    began: float = 0.0
    ended: float = 0.0


@dataclass
class Journal:
    """Every deed, in memory and on disk."""

    file: Path
    deeds: list[Deed] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: int = 0

    def note(self, deed: Deed) -> None:
        """Add one."""
        with self.lock:
            self.deeds.append(deed)
            with self.file.open("a") as file:
                file.write(json.dumps(asdict(deed), ensure_ascii=False) + "\n")

    def number(self) -> int:
        """A number nobody has used."""
        with self.lock:
            self.numbers += 1
            return self.numbers

    def count(self, interface: str, side: str, *what: str) -> int:
        """How many deeds of these kinds."""
        return sum(1 for each in self.deeds if (each.interface, each.side) == (interface, side) and each.what in what)


class Side:
    """One side of one interface, as its people see it."""

    def __init__(self, interface: str, side: str, journal: Journal, dice: random.Random) -> None:
        self.interface, self.side, self.journal, self.dice = interface, side, journal, dice
        self.keys: list[str] = []

    def keys_now(self) -> list[str]:
        raise NotImplementedError

    def create(self, values: dict[str, Any]) -> str:
        raise NotImplementedError

    def write(self, key: str, name: str, value: Any) -> None:
        raise NotImplementedError

    def remove(self, key: str) -> None:
        raise NotImplementedError

    def done(self, what: str, key: str, name: str = "", value: Any = None, *, work: Callable[[], Any]) -> bool:
        """Do it and note it; what is refused (it is gone, say) is no deed."""
        began = time.time()
        try:
            made = work()
        except (NotNow, ObjectDoesNotExist, ValidationError):
            return False
        self.journal.note(Deed(self.interface, self.side, what, str(made) if what == "new" else key, name, value, began, time.time()))
        return True

    def value(self, name: str) -> Any:
        """A value nobody has written before, where the field has room for that."""
        if name == "percent":
            return self.dice.randrange(0, 10) * 10
        if name == "work_hours":
            return self.dice.randrange(1, 400) / 4
        return f"{'theirs' if self.side == 'a' else 'ours'} {name} {self.journal.number()}"

    def edit(self, key: str | None = None) -> bool:
        """One random edit."""
        if key is None:
            if not self.keys or self.dice.random() < 0.1:
                self.keys = self.keys_now()
            if not self.keys:
                return False
            key = self.dice.choice(self.keys[-60:] if self.dice.random() < 0.7 else self.keys)
        name = self.dice.choice(("name", "name", "description", "description", "percent", "work_hours"))
        value = self.value(name)
        return self.done("edit", key, name, value, work=lambda: self.write(key, name, value))

    def make(self) -> bool:
        """One new record."""
        values = {"name": self.value("name"), "description": self.value("description"), "percent": self.value("percent")}
        return self.done("new", "", "name", values["name"], work=lambda: self.create(values))

    def delete(self, key: str | None = None) -> bool:
        """One record less."""
        key = key or (self.dice.choice(self.keys) if self.keys else None)
        if key is None:
            return False
        if key in self.keys:
            self.keys.remove(key)
        return self.done("delete", key, work=lambda: self.remove(key))

    def act(self) -> None:
        """One random deed."""
        roll = self.dice.random()
        if roll < 0.86:
            self.edit()
        elif roll < 0.95:
            self.make()
        else:
            self.delete()


class Theirs(Side):
    """Side A: the peer."""

    def __init__(self, interface: str, peer: Redmine | Tracker, journal: Journal, dice: random.Random) -> None:
        super().__init__(interface, "a", journal, dice)
        self.peer = peer

    def keys_now(self) -> list[str]:
        return list(self.peer.rows())

    def create(self, values: dict[str, Any]) -> str:
        return self.peer.create(**{names_of_a[name]: value for name, value in values.items()})

    def write(self, key: str, name: str, value: Any) -> None:
        self.peer.edit(key, **{names_of_a[name]: value})

    def remove(self, key: str) -> None:
        self.peer.delete(key)


def patiently(work: Callable[[], Any]) -> Any:
    """Do it again while the database is away. Every deed on our side is harmless when done twice, or looks first."""
    for _ in range(120):
        try:
            return work()
        except Error:
            connection.close()
            time.sleep(0.4)
    return work()


class Ours(Side):
    """Side B: tasks of one project, through the product's own verbs."""

    def __init__(self, interface: str, project_id: int, rights: Any, journal: Journal, dice: random.Random) -> None:
        super().__init__(interface, "b", journal, dice)
        self.project_id, self.rights = project_id, rights

    def keys_now(self) -> list[str]:
        from jingwei.domains.work.models import Task

        return [str(pk) for pk in patiently(lambda: list(Task.objects.filter(project_id=self.project_id).order_by("pk").values_list("pk", flat=True)))]

    def create(self, values: dict[str, Any]) -> str:
        from jingwei.domains.work.models import Task
        from jingwei.frame.records import commands
        from jingwei.frame.records.resource import resource

        def work() -> str:
            found = Task.objects.filter(project_id=self.project_id, name=values["name"]).first()
            if found is None:
                found = commands.create(resource("work.task"), {"project": self.project_id, **values}, self.rights)
            return str(found.pk)

        return str(patiently(work))

    def write(self, key: str, name: str, value: Any) -> None:
        from jingwei.domains.work.models import Task
        from jingwei.frame.records import commands
        from jingwei.frame.records.resource import resource

        patiently(lambda: commands.change(resource("work.task"), Task.objects.get(pk=int(key)), {name: value}, self.rights))

    def remove(self, key: str) -> None:
        from jingwei.domains.work.models import Task
        from jingwei.frame.records import commands
        from jingwei.frame.records.resource import resource

        tried = []

        def work() -> None:
            found = Task.objects.filter(pk=int(key)).first()
            if found is None and not tried:
                raise Task.DoesNotExist
            tried.append(key)
            if found is not None:
                commands.remove(resource("work.task"), found, self.rights)

        patiently(work)
