"""The firm of the domains' tests."""

from tests.domains.conftest import en, firm

__all__ = ["en", "firm"]
