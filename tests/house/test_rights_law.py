"""The law of rights: every address, every operation of the API and every field of GraphQL, asked by everybody, against the golden table.

`make laws-long` asks everything; by default a sample drawn by JINGWEI_LAW_SEED is asked, JINGWEI_LAW_ONLY=text asks what has that in its name, and ? what the table does not know yet. `make rights-table` writes the table anew, to be reviewed as a
difference: a letter that changes is a right that changes. What the table says of nobody the laws below say anyway: outsiders read nothing and write nothing.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from jingwei.frame import scope
from jingwei.frame.models import ApiToken, History, Membership, SetupLink
from tests.house.conftest import House
from tests.house.rights_ops import Op, all_ops
from tests.house.rights_stage import Stage, actors, built, canary, outsiders, readers

pytestmark = pytest.mark.django_db
table_path = Path(__file__).with_name("rights_table.txt")
sampled = 110
# rows of a project although their history does not name it
of_place = (
    "frame.stagerule",
    "worktime.calendar",
    "worktime.calendarexception",
    "hub.system",
    "hub.grant",
    "hub.interfaceversion",
    "hub.checkpoint",
    "hub.mappingdraft",
    "frame.comment",
    "frame.attachment",
    "frame.tag",
    "frame.tagging",
    "frame.edge",
    "frame.case",
)


def outcome(answer: Any) -> str:
    """One word for what came back."""
    status = answer.status_code
    if status in (301, 302):
        return "login" if "/accounts/login" in answer["Location"] else "yes"
    if answer.wsgi_request.path == "/graphql" and status == 200:
        errors = answer.json().get("errors") or []
        code = str(errors[0].get("extensions", {}).get("code", "asked")) if errors else ""
        return {"": "yes", "denied": "no", "not_found": "hidden"}.get(code, "asked")
    words = {401: "login", 403: "no", 404: "hidden", 405: "-", 400: "asked", 409: "asked", 422: "asked", 503: "asked"}
    return words.get(status, "yes" if status < 300 else f"!{status}")


def text_of(answer: Any) -> str:
    """What was told, as far as it is told at once."""
    if not answer.streaming:
        return str(answer.content.decode("utf-8", "replace"))
    return "" if answer.is_async else b"".join(answer.streaming_content).decode("utf-8", "replace")


def marks() -> tuple[int, ...]:
    """What a write leaves beside the history: members, tokens, links."""
    return tuple(model.objects.count() for model in (Membership, ApiToken, SetupLink))


def asked(stage: Stage, op: Op, actor: str) -> tuple[str, list[History], str]:
    """What somebody gets, what was written, and what was told; everything is taken back."""
    tenant = stage.house.tenant.pk
    with transaction.atomic():
        with scope.within(scope.Scope(tenant)):
            last = History.unscoped.order_by("-id").values_list("id", flat=True).first() or 0
        before = marks()
        answer = op.ask(stage.clients[actor])
        told, word = text_of(answer), outcome(answer)
        with scope.within(scope.Scope(tenant)):
            written = list(History.unscoped.filter(id__gt=last, tenant_id=tenant))
        if written or marks() != before:
            word += "*"
        transaction.set_rollback(True)
    return word, written, told


def broken(stage: Stage, op: Op, actor: str, word: str, written: list[History], told: str) -> list[str]:
    """Which of the laws that need no table this breaks."""
    out = []
    where = f"{op.name} as {actor}"
    if word.startswith("!"):
        out.append(f"{where}: {word}")
    if actor in outsiders and canary in told:
        out.append(f"{where}: tells of P1")
    if actor in ("anonymous", "other", "revoked") and any(line.project_id is not None or line.resource != "frame.savedview" for line in written):
        out.append(f"{where}: writes {[line.resource for line in written]}")
    said = () if actor == "far" else ("frame.comment",)  # who may look may say something about it
    if actor in (*readers, "far") and any(line.project_id in (stage.project.pk, None) and line.resource not in said for line in written):
        out.append(f"{where}: writes {[line.resource for line in written]}")
    if actor == "lead" and any(line.project_id != stage.project.pk and line.resource not in of_place for line in written):
        out.append(f"{where}: writes beyond the project {[line.resource for line in written]}")
    return out


def read_table() -> dict[str, dict[str, str]]:
    """Operation → actor → word."""
    if not table_path.exists():
        return {}
    lines = [line for line in table_path.read_text(encoding="utf-8").splitlines() if "|" in line]
    head = lines[0].split("|")[1].split()
    return {name.rstrip(): dict(zip(head, words.split(), strict=True)) for name, words in (line.split("|") for line in lines[1:])}


def write_table(table: dict[str, dict[str, str]]) -> None:
    """The table as a file to read."""
    width = max(map(len, table))
    told = "# yes: done or shown; no: refused; hidden: as if it were not there; asked: values refused; login: log in first; -: no such method; *: something was written\n"
    lines = [" " * width + " | " + " ".join(f"{actor:9}" for actor in actors).rstrip()]
    lines += [f"{name:{width}} | " + " ".join(f"{words[actor]:9}" for actor in actors).rstrip() for name, words in sorted(table.items())]
    table_path.write_text(told + "\n".join(lines) + "\n", encoding="utf-8")


def test_everybody_gets_what_the_table_says(house: House) -> None:
    stage, golden = built(house), read_table()
    ops = all_ops(stage)
    is_writing, is_whole = os.environ.get("JINGWEI_LAW") == "write", os.environ.get("JINGWEI_LAW") in ("write", "whole")
    if not is_writing:
        unknown = sorted({op.name for op in ops} ^ set(golden))
        assert not unknown, f"the table does not know these, or they are gone (make rights-table): {unknown}"
    seed = int(os.environ.get("JINGWEI_LAW_SEED", "1"))
    part, parts = map(int, os.environ.get("JINGWEI_LAW_PART", "0/1").split("/"))
    only = os.environ.get("JINGWEI_LAW_ONLY", "")
    if only == "?":
        chosen = [op for op in ops if "?" in golden.get(op.name, {"head": "?"}).values()][part::parts]
    elif only:
        chosen = [op for op in ops if only in op.name]
    else:
        chosen = ops[part::parts] if is_whole else random.Random(seed).sample(ops, min(sampled, len(ops)))
    found: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    for number, op in enumerate(chosen):
        if is_whole and number % 50 == 0:
            print(f"{number} of {len(chosen)}", flush=True)
        for actor in reversed(actors):  # the administrator of everything first: what he has no method for, nobody has
            if found.get(op.name, {}).get("head") == "-":
                found[op.name][actor] = "-"
                continue
            word, written, told = asked(stage, op, actor)
            found.setdefault(op.name, {})[actor] = word
            problems += broken(stage, op, actor, word, written, told)
    if is_writing:
        write_table({op.name: found.get(op.name) or golden.get(op.name) or dict.fromkeys(actors, "?") for op in ops})
    assert not problems, f"seed {seed}:\n" + "\n".join(problems)
    differ = [
        f"{name} as {actor}: {word}, the table says {golden[name][actor]}"
        for name, words in found.items()
        for actor, word in words.items()
        if not is_writing and word != golden[name][actor]
    ]
    assert not differ, f"seed {seed}:\n" + "\n".join(differ)
