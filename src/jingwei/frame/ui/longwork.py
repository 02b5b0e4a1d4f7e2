"""Long work in progress: a list of one's own, a piece of page that keeps itself up to date, and the cancel button."""

from __future__ import annotations

from itertools import islice

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.models import LongWork
from jingwei.frame.web import Request
from jingwei.frame.work import longwork


def _own(request: Request, pk: int) -> LongWork:
    work = longwork.found(request.access, pk)
    if work is None:
        raise Http404
    return work


@require_GET
def listing(request: Request) -> HttpResponse:
    """What I started lately."""
    mine = LongWork.objects.filter(user=request.user, payload__has_key="kind").defer("file", "outcome").order_by("-id")
    rows = list(islice(longwork.seen_by(request.access, mine.iterator(chunk_size=100)), 50))
    return render(request, "frame/longwork.html", {"rows": rows})


@require_GET
def state(request: Request, pk: int) -> HttpResponse:
    """The progress bar; when the work has ended the page is loaded anew and shows the result."""
    work = _own(request, pk)
    answer = render(request, "frame/_longwork.html", {"work": work})
    if work.status in (LongWork.Status.DONE, LongWork.Status.FAILED, LongWork.Status.CANCELLED):
        answer["HX-Redirect"] = work.url or "/running/"
    return answer


@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    """Stop it, keeping what it found."""
    work = _own(request, pk)
    longwork.require_doing(request.access, work)
    longwork.cancel(work)
    return render(request, "frame/_longwork.html", {"work": _own(request, pk)}) if request.headers.get("HX-Request") else redirect(work.url or "/running/")
