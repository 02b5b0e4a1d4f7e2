"""The machinery as a Django application."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class FrameConfig(AppConfig):
    """Puts up the walls inside the database after every migration."""

    name = "jingwei.frame"
    label = "frame"
    verbose_name = _("Platform")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from jingwei.frame import guards
        from jingwei.frame.approvals import cases, deadlines, inbox  # noqa: F401  (a duty, and what waits for whom)
        from jingwei.frame.carried import returning, watch  # noqa: F401  (listen, and sweep)
        from jingwei.frame.documents import versions  # noqa: F401  (long work)
        from jingwei.frame.records import declaring  # noqa: F401  (declares itself a resource)
        from jingwei.frame.traces import edges, sweeping  # noqa: F401  (take part in undo and in keeping)
        from jingwei.frame.ui import witness  # noqa: F401  (listens)
        from jingwei.frame.webhooks import outbox, resources, sending  # noqa: F401  (declare, listen and send)
        from jingwei.frame.work import errands, filling, growth, keeping, mailing, watching  # noqa: F401  (declare what they do)

        post_migrate.connect(guards.put_up, sender=self, dispatch_uid="frame.guards")
