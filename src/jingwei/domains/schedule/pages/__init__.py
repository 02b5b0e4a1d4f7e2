"""The pages of the schedule and their addresses."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy

from jingwei.domains.schedule.pages import edits, gantt, network, paper
from jingwei.frame.ui.menu import MenuItem, register

register(MenuItem("plan", gettext_lazy("Gantt"), "/schedule/", "chart", "work.task.view", 10))

urlpatterns = [
    path("", gantt.first, name="gantt-first"),
    path("gantt/<str:code>/", gantt.gantt, name="gantt"),
    path("gantt/<str:code>/data/", gantt.data, name="gantt-data"),
    path("gantt/<str:code>/preview/", edits.preview, name="gantt-preview"),
    path("gantt/<str:code>/commit/", edits.commit, name="gantt-commit"),
    path("gantt/<str:code>/undo/", edits.undo, name="gantt-undo"),
    path("gantt/<str:code>/baselines/<int:baseline_id>/", gantt.baseline_rows, name="gantt-baseline-rows"),
    path("gantt/<str:code>/print/", paper.paper, name="gantt-print"),
    path("gantt/<str:code>/print.pdf", paper.paper_pdf, name="gantt-pdf"),
    path("network/<str:code>/", network.network, name="network"),
    path("gantt/<str:code>/baseline/", edits.baseline, name="gantt-baseline"),
]
