"""REST systems told by a manifest alone: `RestConnector` does what its `[streams]` say, `faults_of` says by line what is wrong with them.

A manifest is data. It names closed operations and never runs anything: the only placeholders of an address are {key}, {stream} and
{config.NAME}, each of them escaped. Pure: all input and output goes through the session.
"""

from __future__ import annotations

from jingwei.hub.kit.rest.connector import RestConnector
from jingwei.hub.kit.rest.schema import Fault, fault_at, faults_of

__all__ = ["Fault", "RestConnector", "fault_at", "faults_of"]
