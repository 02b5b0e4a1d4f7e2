"""What a peer that tells of changes must show before it is believed: one scheme a vendor, by its name in a manifest's `[webhook]`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jingwei.hub.kit.receiving import plain, sealed, signed
from jingwei.hub.kit.receiving.call import Answered, Call, Outcome, Scheme, Taken, tolerance_seconds

__all__ = ["Answered", "Call", "Outcome", "Scheme", "Taken", "problems_of", "scheme_of", "schemes", "tolerance_seconds"]

schemes: dict[str, Callable[[Mapping[str, Any]], Scheme]] = {
    "standard": signed.Standard,
    "hub_sha256": signed.OfBody,
    "github": lambda told: signed.OfBody({"signature_header": "x-hub-signature-256", "id_header": "x-github-delivery", **told}),
    "jira": lambda told: signed.OfBody({"signature_header": "x-hub-signature", "id_header": "x-atlassian-webhook-identifier", **told}),
    "asana": signed.Asana,
    "trello": signed.Trello,
    "gitee": signed.Gitee,
    "gitlab": lambda told: plain.Token({"token_header": "x-gitlab-token", "id_header": "idempotency-key", **told}),
    "token": plain.Token,
    "basic": plain.Basic,
    "tapd": plain.Tapd,
    "feishu": sealed.Feishu,
    "dingtalk": sealed.DingTalk,
    "wecom": sealed.WeCom,
}


def scheme_of(told: Mapping[str, Any]) -> Scheme:
    """The scheme that a manifest names; KeyError when there is none of that name."""
    return schemes[str(told.get("scheme", "standard"))](told)


def problems_of(told: Mapping[str, Any]) -> list[str]:
    """What is wrong with a manifest's `[webhook]`, in words."""
    name = told.get("scheme")
    return [] if name in schemes else [f"webhook.scheme: one of {', '.join(schemes)}"]
