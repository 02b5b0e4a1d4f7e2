"""The hub's nouns."""

from jingwei.hub.models.flow import Conflict, DeadLetter, Delivery, JobTally, Link, OutboxEntry, Quarantine, Run
from jingwei.hub.models.interface import Checkpoint, Grant, HealthPeriod, Interface, InterfaceVersion, MappingDraft
from jingwei.hub.models.system import Connection, Offered, System, SystemUse

__all__ = [
    "Checkpoint", "Conflict", "Connection", "DeadLetter", "Delivery", "Grant", "HealthPeriod", "Interface", "InterfaceVersion", "JobTally", "Link",
    "MappingDraft", "Offered", "OutboxEntry", "Quarantine", "Run", "System", "SystemUse",
]  # fmt: skip
