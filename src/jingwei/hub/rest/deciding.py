"""REST: conflicts, parked records and dead letters."""

from typing import Any

from django.http import Http404
from ninja import Path, Query, Router

from jingwei.frame.web import Request
from jingwei.hub.engine import decisions, worklist
from jingwei.hub.engine.questions import questions
from jingwei.hub.models import Interface
from jingwei.hub.rest.shapes import (
    ConflictOut,
    Done,
    Id,
    Ids,
    LetterOut,
    Paged,
    ParkedOut,
    ParkedWholeOut,
    Release,
    Resolve,
    only,
    page_of,
    sliced,
    storable,
)
from jingwei.hub.rights import interface_named, require_writing

router = Router(tags=["hub"])
Conflicts, Parked, Letters = page_of(ConflictOut, "HubConflicts"), page_of(ParkedOut, "HubParked"), page_of(LetterOut, "HubDeadLetters")


def _wanted(request: Request, query: Paged) -> Interface | None:
    only(request, *Paged.model_fields)
    request.access.require_anywhere("hub.interface.view")
    return interface_named(request.access, query.interface) if query.interface else None


@router.get("/conflicts", response={200: Conflicts}, operation_id="hub_conflicts")
def list_conflicts(request: Request, query: Query[Paged]) -> Any:
    """Open conflicts, newest first."""
    rows = worklist.conflicts(request.access, _wanted(request, query))
    return {"count": rows.count(), "page": query.page, "items": [q.as_plain() for q in questions(sliced(rows, query), request.access)]}  # type: ignore[arg-type]


@router.post("/conflicts/resolve", response={200: Done}, operation_id="hub_conflicts_resolve")
def resolve(request: Request, asked: Resolve) -> Any:
    """Decide conflicts. 422 when something has changed since it was shown; what could be decided is."""
    request.access.require_anywhere("hub.interface.change")
    storable(value=asked.value)
    rows = worklist.chosen(worklist.conflicts(request.access), asked.ids, request.access, seeing=True)
    if asked.choice == "value":
        for interface in {row.interface_id: row.interface for row in rows}.values():
            require_writing(request.access, interface)
    return {"count": decisions.conflict_resolve(conflicts=rows, choice=asked.choice, value=asked.value)}


@router.get("/quarantine", response={200: Parked}, operation_id="hub_quarantine")
def list_parked(request: Request, query: Query[Paged]) -> Any:
    """Parked records, newest first."""
    rows = worklist.quarantine(request.access, _wanted(request, query))
    return {"count": rows.count(), "page": query.page, "items": [worklist.parked_as_plain(row, request.access) for row in sliced(rows, query)]}  # type: ignore[arg-type]


@router.get("/quarantine/{int:number}", response={200: ParkedWholeOut}, operation_id="hub_quarantine_show")
def show_parked(request: Request, number: Path[Id]) -> Any:
    """One parked record with its values and what came in."""
    request.access.require_anywhere("hub.interface.view")
    row = worklist.quarantine(request.access).filter(pk=number).first()
    if row is None:
        raise Http404
    return worklist.parked_as_plain(row, request.access, whole=True)


@router.post("/quarantine/{int:number}/release", response={200: Done}, operation_id="hub_quarantine_mend")
def mend(request: Request, number: Path[Id], asked: Release) -> Any:
    """Replay one parked record, with mended values when they are given."""
    request.access.require_anywhere("hub.interface.change")
    rows = worklist.chosen(worklist.quarantine(request.access), [number], request.access, seeing=asked.record is not None)
    if asked.record is not None:
        require_writing(request.access, rows[0].interface)
    return {"count": decisions.quarantine_release(rows=rows, record=asked.record)}


@router.post("/quarantine/release", response={200: Done}, operation_id="hub_quarantine_release")
def release(request: Request, asked: Ids) -> Any:
    """Replay parked records as they are over there now."""
    request.access.require_anywhere("hub.interface.change")
    return {"count": decisions.quarantine_release(rows=worklist.chosen(worklist.quarantine(request.access), asked.ids, request.access))}


@router.post("/quarantine/discard", response={200: Done}, operation_id="hub_quarantine_discard")
def discard(request: Request, asked: Ids) -> Any:
    """Leave parked records out for good; what came in is kept."""
    request.access.require_anywhere("hub.interface.change")
    return {"count": decisions.quarantine_discard(rows=worklist.chosen(worklist.quarantine(request.access), asked.ids, request.access))}


@router.get("/dead-letters", response={200: Letters}, operation_id="hub_dead_letters")
def list_letters(request: Request, query: Query[Paged]) -> Any:
    """Dead letters that nobody has settled, newest first."""
    rows = worklist.dead_letters(request.access, _wanted(request, query))
    return {"count": rows.count(), "page": query.page, "items": [worklist.letter_as_plain(row, request.access) for row in sliced(rows, query)]}  # type: ignore[arg-type]


@router.post("/dead-letters/replay", response={200: Done}, operation_id="hub_dead_letters_replay")
def replay(request: Request, asked: Ids) -> Any:
    """Try again from the present state of both sides."""
    return _settled(request, asked, "replay")


@router.post("/dead-letters/discard", response={200: Done}, operation_id="hub_dead_letters_discard")
def leave(request: Request, asked: Ids) -> Any:
    """Leave it at that."""
    return _settled(request, asked, "discard")


def _settled(request: Request, asked: Ids, settlement: str) -> Any:
    request.access.require_anywhere("hub.interface.change")
    letters = worklist.chosen(worklist.dead_letters(request.access), asked.ids, request.access)
    return {"count": decisions.dead_letter_settle(letters=letters, settlement=settlement)}
