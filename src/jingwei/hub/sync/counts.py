"""What a run did, record by record."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Numbers of one run."""

    read: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    conflicts: int = 0
    quarantined: int = 0
    dead: int = 0

    def as_plain(self) -> dict[str, int]:
        """For the run's row and for `--json`."""
        return {name: getattr(self, name) for name in self.__slots__}

    def add(self, more: Counts) -> None:
        """Sum up."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(more, name))
