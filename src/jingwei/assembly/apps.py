"""Binds the house together when Django starts."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class AssemblyConfig(AppConfig):
    """Loads every room's resources and reactions, in the order of the floors."""

    name = "jingwei.assembly"
    label = "assembly"

    def ready(self) -> None:
        from jingwei import connectors
        from jingwei.hub import catalogue

        if hasattr(connectors, "catalogue"):
            catalogue.install(connectors.catalogue())
        for config in apps.get_app_configs():
            if config.name.startswith("jingwei."):
                for room in ("resources", "reports", "reactions", "errands"):
                    if find_spec(f"{config.name}.{room}") is not None:
                        import_module(f"{config.name}.{room}")
