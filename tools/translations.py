"""Translations: `python -m tools.translations update|check|compile` over every room that has a locale folder."""

from __future__ import annotations

import ast
import io
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

root = Path(__file__).resolve().parent.parent
source = root / "src" / "jingwei"
keywords = dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "pgettext"))
keywords |= {"ngettext": (1, 2), "ngettext_lazy": (1, 2)}  # type: ignore[dict-item]
call = re.compile(r"""\b(?:_|n?gettext|pgettext)\(\s*u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")""")
placeholder = re.compile(r"%\((\w+)\)[sdf]|%[sd]")


def rooms() -> list[Path]:
    """Folders that own their words."""
    found = [source / name for name in ("frame", "hub", "boards", "assembly")]
    found += sorted(path for path in (source / "domains").iterdir() if path.is_dir() and (path / "__init__.py").exists())
    return [path for path in found if path.exists()]


def messages_of(room: Path) -> Iterator[tuple[str, str]]:
    """(msgid, where) of every text in a room's Python and templates."""
    from django.utils.translation.template import templatize

    for path in sorted(room.rglob("*")):
        where = str(path.relative_to(root))
        if path.suffix == ".py" and "migrations" not in path.parts:
            text = path.read_text(encoding="utf-8")
            for line, _function, message, _comments in extract_python(io.BytesIO(text.encode()), keywords, [], {"encoding": "utf-8"}):
                for each in message if isinstance(message, tuple) else (message,):
                    if isinstance(each, str) and each.strip():
                        yield each, f"{where}:{line}"
        elif path.suffix == ".html":
            prepared = templatize(path.read_text(encoding="utf-8"), origin=str(path))
            for found in call.finditer(prepared):
                yield ast.literal_eval(found[1]), f"{where}:{prepared.count(chr(10), 0, found.start()) + 1}"


def catalogue_path(room: Path) -> Path:
    """Where a room keeps its Chinese."""
    return room / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def load(room: Path) -> Catalog:
    """A room's catalogue, empty when there is none."""
    path = catalogue_path(room)
    if not path.exists():
        return Catalog(locale="zh_Hans_CN", charset="utf-8", project="Jingwei", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def elsewhere(room: Path) -> dict[str, str]:
    """Translations that lower rooms have already: frame's words serve everybody."""
    if room.name == "frame":
        return {}
    return {str(m.id): str(m.string) for m in load(source / "frame") if m.id and m.string}


def update() -> int:
    """Add what is missing, drop what is gone."""
    for room in rooms():
        wanted = dict.fromkeys(text for text, _where in messages_of(room))
        shared = elsewhere(room)
        # one date for ever: a date of today would make every two branches clash
        old, new = load(room), Catalog(locale="zh_Hans_CN", charset="utf-8", project="Jingwei", fuzzy=False, creation_date=datetime(2026, 1, 1, tzinfo=UTC))
        for text in sorted(wanted):
            if text not in shared:
                known = old.get(text)
                new.add(text, known.string if known else "")
        if len(list(new)) > 1 or catalogue_path(room).exists():
            catalogue_path(room).parent.mkdir(parents=True, exist_ok=True)
            with catalogue_path(room).open("wb") as file:
                write_po(file, new, width=160, omit_header=False, sort_output=True)
        print(f"{room.relative_to(source)}: {len(wanted)} texts, {sum(1 for m in new if m.id and not m.string)} to translate")
    return 0


def problems() -> list[str]:
    """Everything wrong with the translations."""
    out = []
    for room in rooms():
        catalogue, shared = load(room), elsewhere(room)
        for text, where in messages_of(room):
            message: Message | None = catalogue.get(text)
            if text in shared:
                continue
            if message is None or not message.string:
                out.append(f"{where}: not translated: {text!r}")
            elif message.fuzzy:
                out.append(f"{where}: fuzzy: {text!r}")
            elif set(placeholder.findall(text)) != set(placeholder.findall(str(message.string))):
                out.append(f"{where}: placeholders differ: {text!r}")
    return out


def check() -> int:
    """Exit 1 and name every text that lacks its Chinese."""
    found = problems() + [
        f"{path.relative_to(root)}: a text of its own for one and for many has no Chinese; say it without"
        for path in sorted(root.glob("src/**/*.html"))
        if "{% plural %}" in path.read_text()
    ]
    print("\n".join(dict.fromkeys(found)) or "translations are complete")
    return 1 if found else 0


def compile_all() -> int:
    """Make .mo files."""
    for room in rooms():
        path = catalogue_path(room)
        if path.exists():
            part = path.with_suffix(f".{os.getpid()}.part")  # a program that starts in this moment never reads half a file
            with part.open("wb") as file:
                write_mo(file, load(room))
            part.replace(path.with_suffix(".mo"))
    return 0


if __name__ == "__main__":
    actions = {"update": update, "check": check, "compile": compile_all}
    sys.exit(actions.get(sys.argv[1] if len(sys.argv) > 1 else "", lambda: print(__doc__) or 2)())  # type: ignore[func-returns-value]
