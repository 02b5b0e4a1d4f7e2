"""The pages of the schedule and their addresses."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy

from jingwei.domains.schedule.pages import edits, files, gantt, levelling, network, paper, quality, reasons, scenarios
from jingwei.frame.ui.menu import MenuItem, ProjectPage, register, register_project_page

register(MenuItem("plan", gettext_lazy("Gantt"), "/schedule/", "chart", "work.task.view", 10))
register_project_page(ProjectPage(gettext_lazy("Gantt"), "gantt", "chart", "work.task.view", 10, "plan"))
register_project_page(ProjectPage(gettext_lazy("Network diagram"), "network", "topology", "work.task.view", 80, "plan"))
register_project_page(ProjectPage(gettext_lazy("Dates and reasons"), "schedule-reasons", "route", "work.task.view", 85, "plan"))
register_project_page(ProjectPage(gettext_lazy("Quality"), "schedule-quality", "check", "work.task.view", 90, "plan"))
register_project_page(ProjectPage(gettext_lazy("Levelling"), "levelling", "scale", "work.task.view", 95, "plan"))
register_project_page(ProjectPage(gettext_lazy("What if"), "scenarios", "git-branch", "work.task.view", 97, "plan"))
register_project_page(ProjectPage(gettext_lazy("Schedule files"), "schedule-files", "file-import", "work.task.view", 120, "plan"))

urlpatterns = [
    path("", gantt.first, name="gantt-first"),
    path("gantt/<str:code>/", gantt.gantt, name="gantt"),
    path("gantt/<str:code>/data/", gantt.data, name="gantt-data"),
    path("gantt/<str:code>/load/", gantt.load, name="gantt-load"),
    path("gantt/<str:code>/preview/", edits.preview, name="gantt-preview"),
    path("gantt/<str:code>/commit/", edits.commit, name="gantt-commit"),
    path("gantt/<str:code>/undo/", edits.undo, name="gantt-undo"),
    path("gantt/<str:code>/baselines/-<int:work_id>/", gantt.levelled_rows, name="gantt-levelled-rows"),
    path("gantt/<str:code>/baselines/<int:baseline_id>/", gantt.baseline_rows, name="gantt-baseline-rows"),
    path("gantt/<str:code>/print/", paper.paper, name="gantt-print"),
    path("gantt/<str:code>/print.pdf", paper.paper_pdf, name="gantt-pdf"),
    path("network/<str:code>/", network.network, name="network"),
    path("gantt/<str:code>/baseline/", edits.baseline, name="gantt-baseline"),
    path("reasons/<str:code>/", reasons.page, name="schedule-reasons"),
    path("quality/<str:code>/", quality.page, name="schedule-quality"),
    path("levelling/<str:code>/", levelling.page, name="levelling"),
    path("levelling/<str:code>/begin/", levelling.begin, name="levelling-begin"),
    path("levelling/<str:code>/clear/", levelling.clear, name="levelling-clear"),
    path("levelling/<str:code>/<int:pk>/accept/", levelling.accept, name="levelling-accept"),
    path("what-if/<str:code>/", scenarios.desk, name="scenarios"),
    path("what-if/<str:code>/make/", scenarios.make, name="scenario-make"),
    path("what-if/<str:code>/<int:pk>/", scenarios.page, name="scenario"),
    path("what-if/<str:code>/<int:pk>/change/", scenarios.change, name="scenario-change"),
    path("what-if/<str:code>/<int:pk>/add/", scenarios.add, name="scenario-add"),
    path("what-if/<str:code>/<int:pk>/leave-out/", scenarios.leave_out, name="scenario-leave-out"),
    path("what-if/<str:code>/<int:pk>/apply/", scenarios.apply, name="scenario-apply"),
    path("what-if/<str:code>/<int:pk>/remove/", scenarios.remove, name="scenario-remove"),
    path("files/<str:code>/", files.desk, name="schedule-files"),
    path("files/<str:code>/bring/", files.bring, name="schedule-file-bring"),
    path("files/<str:code>/<int:pk>/", files.shown, name="schedule-file"),
    path("files/<str:code>/<int:pk>/import/", files.carry_out, name="schedule-file-import"),
    path("files/<str:code>/export.xml", files.export, name="schedule-file-export"),
]
