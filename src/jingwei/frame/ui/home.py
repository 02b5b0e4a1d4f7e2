"""The widgets of a person's home, and laying them out: what of the frame itself stands there, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jingwei.frame import waiting
from jingwei.frame.telling import watches
from jingwei.frame.web import Request
from jingwei.frame.widgets import Answer, Desk, Row, Widget, arrange, laid_out, offered
from jingwei.frame.widgets.desk import shown_at_most


@dataclass(frozen=True, slots=True)
class Card:
    """A widget with its answer."""

    widget: Widget
    answer: Answer

    @property
    def most(self) -> float:
        """The largest value of a chart; 1 when there is none, so that nothing is divided by nothing."""
        return max((point.value for point in self.answer.points), default=1) or 1


def cards_of(desk: Desk) -> list[Card]:
    """The person's widgets, each with its answer."""
    return [Card(widget, widget.answer(desk)) for widget in laid_out(desk.access)]


@require_http_methods(["GET", "POST"])
def page(request: Request) -> HttpResponse:
    """Which widgets stand on the home, and in which order."""
    if request.method == "POST":
        try:
            arrange(request.access, None if request.POST.get("action") == "usual" else moved(request.POST.getlist("widget"), request.POST.get("action", "")))
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        return redirect("home-widgets")
    shown = laid_out(request.access)
    others = [each for each in offered(request.access) if each not in shown]
    return render(request, "frame/home_widgets.html", {"shown": shown, "others": others})


def moved(keys: Sequence[str], action: str) -> list[str]:
    """The order after an action: `up:KEY`, `down:KEY`, `take:KEY`, `drop:KEY`; as it was after any other."""
    what, _colon, key = action.partition(":")
    order = [each for each in keys if each]
    if what == "take":
        return [*order, key]
    if key not in order:
        return order
    place = order.index(key)
    order.pop(place)
    if what in ("up", "down"):
        order.insert(max(0, place - 1) if what == "up" else place + 1, key)
    elif what != "drop":
        order.insert(place, key)
    return order


def waits(desk: Desk, *only: str) -> Answer:
    """What waits for this person, what is due first comes first."""
    found = [(kind, each) for kind, rows in waiting.waiting_for(desk.access, *only) for each in rows]
    rows = [Row(each.url, each.title, " · ".join(filter(None, (each.project, each.note))), "waiting", str(kind.title), each.due) for kind, each in found]
    return Answer(rows[:shown_at_most], len(rows), empty=_("Nothing waits for you."), url="/waiting/", link=_("My work"))


def alarms(desk: Desk) -> Answer:
    """What is amiss."""
    found = watches.seen(desk.access)
    rows = [
        Row(each.alarm.url, each.title, each.kind, each.alarm.level, each.alarm.get_level_display(), each.alarm.created_at) for each in found[:shown_at_most]
    ]
    return Answer(rows, len(found), empty=_("Nothing is amiss"), url="/alarms/", link=_("Alarms"), is_alarm=any(each.alarm.level == "alarm" for each in found))


def alarms_counted(desk: Desk) -> Answer:
    """How many alarms are open."""
    count = len(watches.seen(desk.access))
    return Answer(total=count, url="/alarms/", link=_("Alarms"), is_alarm=bool(count))


Widget(
    "approvals",
    gettext_lazy("Approvals that wait for you"),
    lambda desk: waits(desk, "approval"),
    homes={"manager": 15, "finance": 15, "pmo": 15, "owner": 15},
)
Widget("waiting", gettext_lazy("My work"), waits)
Widget("alarms", gettext_lazy("Alarms"), alarms)
Widget("alarms-count", gettext_lazy("Alarms, counted"), alarms_counted, shape="count")
