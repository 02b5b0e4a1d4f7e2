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
        from jingwei.assembly import guide, ready
        from jingwei.assembly.demo import keeping  # noqa: F401  (its duty declares itself)
        from jingwei.frame import widgets
        from jingwei.frame.ui import declared, help
        from jingwei.hub.peers import catalogue

        if hasattr(connectors, "catalogue"):
            catalogue.install(connectors.catalogue())
        for config in apps.get_app_configs():
            if config.name.startswith("jingwei."):
                for room in ("resources", "reports", "reactions", "errands", "duties", "keeping", "watches", "widgets", "documents"):
                    if find_spec(f"{config.name}.{room}") is not None:
                        import_module(f"{config.name}.{room}")
        widgets.of_watches()
        ready.declare_all()
        declared.check()
        help.declare(guide.folder(), guide.sections)
        self._offer_converter()
        self._tell_of_archive()

    @staticmethod
    def _offer_converter() -> None:
        """Schedule files of other kinds can be read on the page too, where the extra is installed."""
        from jingwei.assembly import mpxj
        from jingwei.domains.schedule import files

        if mpxj.is_installed() and mpxj.convert_content not in files.converters:
            files.converters.append(mpxj.convert_content)

    @staticmethod
    def _tell_of_archive() -> None:
        """What is wrong with the archive is told by the health check and fails no request."""
        from jingwei.assembly.archiving import report
        from jingwei.frame.work import health

        if report.healthy not in health.told_too:
            health.told_too.append(report.healthy)
