"""Every address of the house."""

from importlib.util import find_spec

from django.urls import include, path

from jingwei.frame import health

# rooms that bring their own pages, by address
_rooms = (
    ("hub/", "jingwei.hub.urls"),
    ("work/", "jingwei.domains.work.pages"),
    ("schedule/", "jingwei.domains.schedule.pages"),
    ("labour/", "jingwei.domains.labour.pages"),
    ("worktime/", "jingwei.domains.worktime.pages"),
    ("cost/", "jingwei.domains.cost.pages"),
    ("changes/", "jingwei.domains.change.pages"),
    ("risks/", "jingwei.domains.risk.pages"),
    ("directory/", "jingwei.domains.directory.pages"),
    ("", "jingwei.boards.pages"),
    ("", "jingwei.frame.api.urls"),
    ("", "jingwei.frame.ui.urls"),
)
handler400 = "jingwei.frame.ui.errors.malformed"
handler403 = "jingwei.frame.ui.errors.refused"
handler404 = "jingwei.frame.ui.errors.missing"
handler500 = "jingwei.frame.ui.errors.failed"
urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    *(path(prefix, include(module)) for prefix, module in _rooms if find_spec(module) is not None),
]
