"""Every address of the house."""

from django.urls import include, path

from jingwei.assembly import domains
from jingwei.frame.work import health

handler400 = "jingwei.frame.ui.errors.malformed"
handler403 = "jingwei.frame.ui.errors.refused"
handler404 = "jingwei.frame.ui.errors.missing"
handler500 = "jingwei.frame.ui.errors.failed"
urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("hub/", include("jingwei.hub.urls")),
    *domains.addresses(),
    *(path("", include(f"jingwei.{room}")) for room in ("boards.pages", "frame.api.urls", "frame.ui.urls")),
]
