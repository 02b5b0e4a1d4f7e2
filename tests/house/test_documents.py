"""The law of documents, over every one that is declared: who may not make it neither sees nor gets it, the files hold what it says, a version is told to be
stale exactly when it says something else than now, and nobody reads in a file what he may not see on a page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from docx import Document as ReadFile

from jingwei.frame import scope
from jingwei.frame.documents import Asked, Authored, Document, Facts, declaration, saying, versions
from jingwei.frame.documents.declaration import documents
from jingwei.frame.models import DocumentText, DocumentVersion, LongWork, Membership, Project, Role, User
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from jingwei.frame.work import longwork
from tests.house.carried import browser
from tests.house.conftest import House
from tests.house.half import member
from tests.house.test_api import Program

pytestmark = pytest.mark.django_db
every = pytest.mark.parametrize("document", [each for each in documents() if not each.resource], ids=lambda each: each.key)
odd = "שלום עולם 😀🚀 <script>alert(1)</script> =cmd|' /C calc'!A0 {{ 7*7 }}"


@pytest.fixture(autouse=True)
def kept_apart(settings: Any, tmp_path: Any) -> None:
    """Files of these tests lie in a folder of their own."""
    settings.MEDIA_ROOT = tmp_path


def page_of(document: Document) -> str:
    return f"/documents/P1/{document.key}/"


def rest_of(document: Document) -> str:
    return f"/api/v1/documents/P1/{document.key}"


def asked(document: Document, house: House, user: User | None = None) -> Asked:
    return document.asked(access_of(user or house.owner, house.tenant), house.project)


def work_of(house: House, document: Document, client: Client, *, language: str = "zh-hans", status: str = "draft", row: int = 0) -> LongWork:
    """Begin a version on the page and run it as the worker does."""
    answer = client.post(f"{page_of(document)}make/", {"language": language, "status": status, "row": row})
    assert answer.status_code == 302, answer.content.decode()
    with scope.within(scope.Scope(house.tenant.pk)):
        work = LongWork.objects.filter(payload__kind=versions.kind).latest("pk")
    with scope.within(scope.Scope(house.tenant.pk, work.user_id)):
        longwork.run(work.pk)
        work.refresh_from_db()
    return work


def made(house: House, document: Document, client: Client, **more: Any) -> DocumentVersion:
    work = work_of(house, document, client, **more)
    assert work.status == LongWork.Status.DONE, work.message
    with scope.within(scope.Scope(house.tenant.pk)):
        found: DocumentVersion = DocumentVersion.objects.latest("pk")
    return found


def downloaded(client: Client, document: Document, number: int, ending: str) -> bytes:
    answer = client.get(f"{page_of(document)}{number}.{ending}")
    assert answer.status_code == 200 and answer["X-Content-Type-Options"] == "nosniff" and answer["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def words_of(content: bytes) -> str:
    """Every text of a DOCX."""
    file = ReadFile(io.BytesIO(content))
    return "\n".join(node.text or "" for node in file.element.body.iter("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t"))


def somebody(house: House, *grants: str) -> User:
    """A person of P1 with just these rights."""
    user = User.objects.create_user(f"some-{len(grants)}-{User.objects.count()}", password=None)
    role = Role.objects.create(tenant=house.tenant, key=user.username, name=user.username, grants=list(grants))
    Membership.objects.create(tenant=house.tenant, user=user, role=role, project=house.project)
    return user


def filled(document: Document, house: House, inside: Callable[[], Any]) -> list[Any]:
    """A row of everything that it tells of."""
    with inside():
        return [house.make(resource(key)) for key in document.follows]


def standing(document: Document, house: House, inside: Callable[[], Any]) -> versions.Standing:
    """How its newest version stands for the owner."""
    with inside():
        question = asked(document, house)
        return versions.standing(document, question, list(versions.kept(document, question)))[0]


@every
def test_who_may_not_make_it_neither_sees_nor_gets_it(document: Document, house: House, inside: Any) -> None:
    filled(document, house, inside)
    owner = browser(house.owner)
    made(house, document, owner)
    with inside():
        elsewhere = Project(code="P2", name="B", start_on=date(2026, 11, 2))
        elsewhere.save()
    far = member(house, "far", "manager", elsewhere)
    for user, status in ((house.stranger, 404), (house.viewer, 403), (far, 404)):
        client, tenant = browser(user), house.other if user == house.stranger else house.tenant
        program = Program(house, user, tenant)
        for address in (page_of(document), f"{page_of(document)}1.docx", f"{page_of(document)}1.pdf"):
            assert client.get(address).status_code == status
        assert client.post(f"{page_of(document)}make/", {"language": "en", "status": "draft"}).status_code == status
        for section in document.authored:
            assert client.post(f"{page_of(document)}text/{section.key}/", {"text": "x", "version": "0"}).status_code == status
        assert program.call("GET", rest_of(document))[0] == status
        assert program.client.get(f"{rest_of(document)}/1/pdf", headers={"Authorization": f"Bearer {program.token}"}).status_code == status
        assert len({(program.call("POST", rest_of(document), body))[0] for body in ({}, {"language": "xx"}, {"no": 1}, [1])}) == 1
        assert program.call("POST", rest_of(document), {"language": "en"})[0] == status
        listed = program.call("GET", "/api/v1/documents/P1")
        assert listed[0] in (403, 404) or document.key not in {each["key"] for each in listed[1]}
    assert Client().get(page_of(document)).status_code == 302 and Client().get(rest_of(document)).status_code == 401
    with inside():
        assert DocumentVersion.objects.count() == 1 and not DocumentText.objects.exists() and LongWork.objects.count() == 1
    assert owner.get(f"{page_of(document)}2.pdf").status_code == 404 and owner.get(f"{page_of(document)}1.exe").status_code == 404
    Membership.objects.filter(user=house.owner).delete()  # the right of now decides, not that of when it was made
    assert owner.get(f"{page_of(document)}1.pdf").status_code in (403, 404)


@every
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_files_hold_what_it_says(document: Document, language: str, house: House, inside: Any) -> None:
    filled(document, house, inside)
    client = browser(house.owner)
    for section in document.authored:
        answer = client.post(f"{page_of(document)}text/{section.key}/", {"text": f"**总体可控**\n\n- 第一项\n\n{odd}", "version": "0"})
        assert answer.status_code == 302, answer.content.decode()
    version = made(house, document, client, language=language, status="final")
    with inside(), translation.override(language):
        told = saying.said(document, asked(document, house))
        title = str(document.title)
    assert version.print == told.print
    docx, pdf = downloaded(client, document, 1, "docx"), downloaded(client, document, 1, "pdf")
    words = words_of(docx)
    cells = [cell for part in told.parts for row in part.rows for cell in row]
    assert any("\u4e00" <= letter <= "\u9fff" for cell in cells for letter in cell), "the law needs facts in Chinese"
    for cell in cells:
        assert all(line in words for line in cell.split("\n")), cell
    for text in (title, "P1 项目", "总体可控", "第一项", odd if document.authored else title, *(part.title for part in told.parts)):
        assert text in words or all(piece in words for piece in text.split())
    assert b"tblHeader" in _inside(docx, "word/document.xml") and b"NUMPAGES" in _inside(docx, "word/")
    assert pdf.startswith(b"%PDF-") and len(re.findall(rb"/Type /Page\b", pdf)) >= 3
    assert b"/FontFile2" in pdf or b"STSong-Light" in pdf


def _inside(docx: bytes, name: str) -> bytes:
    import zipfile

    archive = zipfile.ZipFile(io.BytesIO(docx))
    return b"".join(archive.read(each) for each in archive.namelist() if each.startswith(name))


@every
def test_stale_is_told_exactly_when_it_says_something_else(document: Document, house: House, inside: Any) -> None:
    rows = filled(document, house, inside)
    client = browser(house.owner)
    version = made(house, document, client)
    assert standing(document, house, inside).is_stale is False
    with inside():
        for row in rows:
            row.save()  # nothing has changed
    assert standing(document, house, inside).is_stale is False
    told = 0
    for row in rows:
        for name in [f.name for f in row._meta.local_fields if type(f) in (models.CharField, models.TextField) and not f.choices and f.editable]:
            before = getattr(row, name)
            with inside():
                setattr(row, name, f"{before}改")
                row.save()
            found = standing(document, house, inside)
            if found.is_stale:
                told += 1
                assert found.since is not None and found.since > version.said_at
            with inside():
                setattr(row, name, before)
                row.save()
            assert standing(document, house, inside).is_stale is False, "what was put back says the same"
    assert told, "the law needs a field that stands in it"
    assert 'data-stale="1"' not in client.get(page_of(document)).content.decode()
    for section in document.authored:
        client.post(f"{page_of(document)}text/{section.key}/", {"text": "新的评估", "version": "0"})
        found = standing(document, house, inside)
        assert found.is_stale and found.since is not None
        assert 'data-stale="1"' in client.get(page_of(document)).content.decode()
        (answer,) = Program(house, house.owner, house.tenant).call("GET", rest_of(document))[1]
        assert answer["is_stale"] is True and answer["stale_since"] and answer["print"] == version.print
        made(house, document, client)
        assert standing(document, house, inside).is_stale is False


@every
def test_what_has_not_changed_is_not_made_again(document: Document, house: House, inside: Any) -> None:
    filled(document, house, inside)
    client = browser(house.owner)
    made(house, document, client)
    again = work_of(house, document, client)
    assert again.status == LongWork.Status.FAILED and "1" in again.message
    assert made(house, document, client, status="final").number == 2 and made(house, document, client, language="en").number == 3
    with inside():
        numbers = [each.number for each in versions.kept(document, asked(document, house))]
    assert numbers == [3, 2, 1]


@every
def test_nobody_reads_in_a_file_what_he_may_not_see(document: Document, house: House, inside: Any) -> None:
    filled(document, house, inside)
    full = made(house, document, browser(house.owner))
    narrow = somebody(house, document.permission, "frame.project.view")
    client = browser(narrow)
    shown = client.get(page_of(document))
    assert shown.status_code == 200
    if not full.shown:
        pytest.skip("it needs no further right")
    assert client.get(f"{page_of(document)}1.pdf").status_code == 403 and "1.pdf" not in shown.content.decode()
    own = made(house, document, client)
    assert own.withheld == full.shown and own.shown == [] and own.print != full.print
    assert "创建人无权查看的内容不在其中" in words_of(downloaded(client, document, 2, "docx"))
    listed = Program(house, narrow, house.tenant).call("GET", rest_of(document))[1]
    assert [(each["readable"], each["is_limited"], each["is_stale"]) for each in listed] == [(True, True, False), (False, False, None)]
    # the same version, for eyes that may see more, says what it said
    assert standing(document, house, inside).is_stale is False
    assert browser(house.owner).get(f"{page_of(document)}2.docx").status_code == 200


@every
def test_a_final_version_and_a_text_need_the_right_to_edit(document: Document, house: House, inside: Any) -> None:
    client = browser(somebody(house, document.permission, "frame.project.view"))
    assert client.post(f"{page_of(document)}make/", {"language": "en", "status": "final"}).status_code == 403
    for section in document.authored:
        assert client.post(f"{page_of(document)}text/{section.key}/", {"text": "x", "version": "0"}).status_code == 403
    editor = browser(somebody(house, document.permission, document.edits, "frame.project.view"))
    assert made(house, document, editor, status="final").status == "final"


@every
def test_a_right_that_is_gone_meanwhile_is_missed(document: Document, house: House, inside: Any) -> None:
    user = somebody(house, document.permission, "frame.project.view")
    client = browser(user)
    client.post(f"{page_of(document)}make/", {"language": "en", "status": "draft"})
    Membership.objects.filter(user=user).delete()
    with scope.within(scope.Scope(house.tenant.pk, user.pk)):
        work = LongWork.objects.latest("pk")
        longwork.run(work.pk)
        work.refresh_from_db()
        assert work.status == LongWork.Status.FAILED and not DocumentVersion.objects.exists()


@every
def test_a_text_is_written_under_the_version_that_was_seen(document: Document, house: House, inside: Any) -> None:
    client = browser(house.owner)
    for section in document.authored:
        address = f"{page_of(document)}text/{section.key}/"
        assert client.post(address, {"text": "erste Fassung", "version": "0"}).status_code == 302
        late = client.post(address, {"text": "kommt zu spät", "version": "0"})
        assert late.status_code == 409 and "kommt zu spät" in late.content.decode() and "erste Fassung" in late.content.decode()
        assert client.post(address, {"text": "zweite Fassung", "version": "1"}).status_code == 302
        shown = client.get(page_of(document)).content.decode()
        assert "zweite Fassung" in shown and "erste Fassung" in shown, "what it said before is told"
        for bad, word in (("a\0b", "NUL"), ("x" * 20_001, "20")):
            refused = client.post(address, {"text": bad, "version": "2"})
            assert refused.status_code == 422 and word in refused.content.decode()
        assert client.post(address, {"text": odd, "version": "2"}).status_code == 302
        assert "<script>alert" not in client.get(page_of(document)).content.decode()
    assert client.post(f"{page_of(document)}text/nothing/", {"text": "x", "version": "0"}).status_code == 404


@every
def test_extremes_are_made_or_refused_in_words(document: Document, house: House, inside: Any) -> None:
    client = browser(house.owner)
    made(house, document, client)  # nothing is there yet
    for section in document.authored:
        client.post(f"{page_of(document)}text/{section.key}/", {"text": "很长" * 4990 + odd[:20], "version": "0"})
    rows = filled(document, house, inside)
    with inside():
        for row in rows:
            for name in [f.name for f in row._meta.local_fields if type(f) is models.TextField and f.editable]:
                setattr(row, name, "接口" * 4000 + "X" * 2000)
            row.save()
    made(house, document, client)
    assert len(re.findall(rb"/Type /Page\b", downloaded(client, document, 2, "pdf"))) > 3
    for language, status in (("xx", "draft"), ("en", "secret"), ("", ""), ("en\0", "draft")):
        assert client.post(f"{page_of(document)}make/", {"language": language, "status": status}).status_code == 422
    program = Program(house, house.owner, house.tenant)
    assert program.call("POST", rest_of(document), {"language": "xx"})[0] == 422
    assert program.call("POST", rest_of(document), {"language": "en"})[0] == 202
    for number in ("0", "99999999999", "9" * 30):
        assert client.get(f"{page_of(document)}{number}.pdf").status_code == 404
    assert client.get(f"{page_of(document)}?row=7").status_code == 404 and client.get("/documents/P1/no.such/").status_code == 404


@every
def test_a_page_keeps_its_number_of_queries_and_a_project_takes_its_versions_along(document: Document, house: House, inside: Any) -> None:
    client = browser(house.owner)
    counts = []
    for _round in range(2):
        for _each in range(2):
            filled(document, house, inside)
            made(house, document, client)
        client.get(page_of(document))
        with CaptureQueriesContext(connection) as queries:
            client.get(page_of(document))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 40, counts
    with inside():
        for key in document.follows:
            resource(key).model.objects.all().delete()
        Project.objects.filter(pk=house.project.pk).delete()
        assert not DocumentVersion.objects.exists() and not DocumentText.objects.exists()


@pytest.fixture
def of_a_task() -> Iterator[Document]:
    """A document of which every task has one."""
    yield Document(
        "test.task", "任务单", "work.task.export", "work.task.change", (
            Facts("what", "任务", lambda asked: [("名称", asked.row.name)]), Authored("note", "说明"),
            Facts("money", "成本", lambda asked: [("成本", "四万两千")], permission="cost.line.view"), Authored("secret", "机密", permission="cost.line.view"),
        ),
        ("work.task",), resource="work.task",
    )  # fmt: skip
    del declaration.registry["test.task"]


def test_a_row_has_a_document_of_its_own(of_a_task: Document, house: House, inside: Any) -> None:
    client = browser(house.owner)
    with inside():
        one, other = house.make(resource("work.task")), house.make(resource("work.task"))
        elsewhere = Project(code="P2", name="B", start_on=date(2026, 11, 2))
        elsewhere.save()
        far = house.make(resource("work.task"))
        type(far).objects.filter(pk=far.pk).update(project=elsewhere)
    assert client.get(page_of(of_a_task)).status_code == 404 and client.get(f"{page_of(of_a_task)}?row={far.pk}").status_code == 404
    version = made(house, of_a_task, client, row=one.pk)
    assert version.row_id == one.pk and version.number == 1
    assert made(house, of_a_task, client, row=other.pk).number == 1
    assert client.post(f"{page_of(of_a_task)}text/note/", {"text": "只属于它", "version": "0", "row": one.pk}).status_code == 302
    assert "只属于它" in client.get(f"{page_of(of_a_task)}?row={one.pk}").content.decode()
    assert "只属于它" not in client.get(f"{page_of(of_a_task)}?row={other.pk}").content.decode()
    assert client.get(f"{page_of(of_a_task)}1.docx?row={one.pk}").status_code == 200
    assert client.get(f"{page_of(of_a_task)}1.docx?row={far.pk}").status_code == 404


def test_a_section_behind_a_further_right_is_left_out_with_all_that_it_ever_said(of_a_task: Document, house: House, inside: Any) -> None:
    owner = browser(house.owner)
    with inside():
        row = house.make(resource("work.task")).pk
    for version, text in enumerate(("erst geheim", "dann geheim")):
        given = {"text": text, "version": version, "row": row}
        assert owner.post(f"{page_of(of_a_task)}text/secret/", given).status_code == 302
    narrow = browser(somebody(house, "work.task.export", "work.task.view", "work.task.change", "frame.project.view"))
    address = f"{page_of(of_a_task)}?row={row}"
    shown, hidden = (client.get(address).content.decode() for client in (owner, narrow))
    assert all(text in shown and text not in hidden for text in ("erst geheim", "dann geheim", "四万两千"))
    assert narrow.post(f"{page_of(of_a_task)}text/secret/", {"text": "x", "version": "2", "row": row}).status_code == 404
    assert made(house, of_a_task, owner, row=row).shown == ["cost.line.view"]
    assert narrow.get(f"{page_of(of_a_task)}1.docx?row={row}").status_code == 403
