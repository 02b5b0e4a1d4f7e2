"""The hub's lines in the menu."""

from django.utils.translation import gettext_lazy as _

from jingwei.frame.ui.menu import MenuItem, register

for item in (
    MenuItem("integration", _("Systems and interfaces"), "/hub/", "topology", "hub.interface.view", 10),
    MenuItem("integration", _("Sync monitor"), "/hub/monitor/", "activity", "hub.interface.view", 20),
    MenuItem("integration", _("Conflict inbox"), "/hub/conflicts/", "git-merge", "hub.interface.view", 30),
    MenuItem("integration", _("Parked records"), "/hub/parked/", "archive", "hub.interface.view", 35),
    MenuItem("integration", _("Where is my record?"), "/hub/trace/", "search", "hub.interface.view", 40),
):
    register(item)
