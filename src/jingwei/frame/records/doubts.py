"""What may be written and yet is asked about first: a page makes such a row only when whoever sends it says that he means it. Programs know what they send."""

from __future__ import annotations

from typing import Any

from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access

field = "sure"  # of a form: it is meant


class Doubtful(Exception):
    """`texts` say what is doubtful about the row, which is not kept."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(*texts)
        self.texts = texts


def ask(resource: Resource, row: Any, access: Access) -> None:
    """Raise Doubtful when anything is doubtful about a row that was written in this transaction, which is then given up."""
    if texts := [text for doubt in resource.doubts if (text := doubt(access, row))]:
        raise Doubtful(texts)
