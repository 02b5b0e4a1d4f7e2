"""Import contracts that follow from the list of domains, so that a new domain is named there and nowhere else."""

from typing import Any

from importlinter.contracts.layers import LayersContract

from jingwei.assembly.domains import names


class DomainsInOrder(LayersContract):
    """A domain imports only those that stand before it in the list; every folder of domains is in the list."""

    def __init__(self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]) -> None:
        follows = {"containers": ["jingwei.domains"], "layers": list(reversed(names)), "exhaustive": "True"}
        super().__init__(name, session_options, {**contract_options, **follows})


class RoomsOfDomains(LayersContract):
    """Inside every domain the rooms stand in the order that the contract says."""

    def __init__(self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]) -> None:
        follows = {"containers": [f"jingwei.domains.{each}" for each in names], "exhaustive": "True"}
        super().__init__(name, session_options, {**contract_options, **follows})
