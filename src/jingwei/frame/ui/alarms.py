"""Alarms: what is amiss now, and what was."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jingwei.frame.telling import watches
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.web import Request

register(MenuItem("alarms", gettext_lazy("Alarms"), "/alarms/", "alert", "", 8))


@require_safe
def page(request: Request) -> HttpResponse:
    """The open ones, or those that are over."""
    are_over = request.GET.get("over") == "1"
    return render(request, "frame/alarms.html", {"alarms": watches.seen(request.access, are_over=are_over), "are_over": are_over})
