"""The boards as a Django application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BoardsConfig(AppConfig):
    """Home, portfolio and project dashboard: they read, they never write."""

    name = "jingwei.boards"
    label = "boards"
    verbose_name = _("Boards")
