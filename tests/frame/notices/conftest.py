"""What tests of notices share: a mail server, a notice and two readers."""

from __future__ import annotations

import email
import socketserver
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.message import Message
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from jingwei.frame import scope
from jingwei.frame.models import NoticeChoices, Notification, User
from jingwei.frame.telling import choices, notices, wording
from jingwei.frame.telling.mail import settings_of
from jingwei.frame.telling.wording import Both
from tests.house.conftest import House, house, inside  # noqa: F401  (fixtures)
from tests.serving import in_background

noon = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


class Server:
    """A mail server of a few words: it takes what it is given, and can be told to refuse."""

    def __init__(self, port: int = 0) -> None:
        self.mails: list[tuple[list[str], Message]] = []
        self.refusals = 0
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def handle(self) -> None:
                self.say("220 here")
                to: list[str] = []
                while line := self.rfile.readline().decode().strip():
                    word = line[:4].upper()
                    if word == "QUIT":
                        return self.say("221 bye")
                    if word == "MAIL" and server.refusals:
                        server.refusals -= 1
                        self.say("451 try again later")
                        continue
                    if word == "RCPT":
                        to.append(line[8:].strip("<> "))
                    if word == "DATA":
                        self.say("354 go on")
                        body = b""
                        while (each := self.rfile.readline()) != b".\r\n":
                            body += each.removeprefix(b".") if each.startswith(b"..") else each
                        server.mails.append((to, email.message_from_bytes(body)))
                        to = []
                    self.say("250 fine")
                return None

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler)
        self.port = int(self.server.server_address[1])
        in_background(self.server)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def texts(self) -> list[str]:
        """What the mails say."""
        return [mail.get_payload(decode=True).decode() for _to, mail in self.mails]  # type: ignore[union-attr]


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    made = Server()
    for name, value in settings_of(f"smtp://127.0.0.1:{made.port}").items():
        setattr(settings, name, value)
    yield made
    made.close()


@pytest.fixture
def late() -> Iterator[notices.Notice]:
    """A notice that is declared for the test."""
    made = notices.Notice("test.late", gettext_lazy("“%(step)s” is not possible in the present state."), gettext_lazy("Comments on what I follow"), mail="once")
    wording.texts["test.late"] = "%(task)s: %(state)s, %(at)s, %(on)s, %(why)s"
    yield made
    for known in (notices.registry, wording.texts, choices.kinds, choices.kind_of):
        known.pop("test.late")  # type: ignore[attr-defined]


@pytest.fixture
def two(house: House) -> tuple[User, User]:  # noqa: F811
    """Two readers: one of English in Berlin, one of Chinese in Shanghai."""
    User.objects.filter(pk=house.owner.pk).update(language="en", email="owner@example.com")
    User.objects.filter(pk=house.viewer.pk).update(language="zh-hans", email="viewer@example.com")
    with scope.within(scope.Scope(house.tenant.pk)):
        NoticeChoices(user=house.owner, zone="Europe/Berlin").save()
    return User.objects.get(pk=house.owner.pk), User.objects.get(pk=house.viewer.pk)


def chosen(user: User, **values: Any) -> None:
    row = NoticeChoices.objects.filter(user=user).first() or NoticeChoices(user=user)
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def told(late: notices.Notice, users: Any, **more: Any) -> None:
    values = {"task": "联调", "state": Notification.Level.ALARM.label, "at": noon, "on": date(2026, 12, 1), "why": Both(lambda: translation.get_language())}
    late.tell(users, **(values | more))
