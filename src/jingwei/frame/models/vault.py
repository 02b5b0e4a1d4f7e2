"""Secrets at rest: ciphertext with the id of the key that opens it. The key itself never enters the database."""

from __future__ import annotations

from django.db import models

from jingwei.frame.models.scoped import TenantModel


class Secret(TenantModel):
    """One sealed value. The ciphertext is bound to its tenant, row and purpose, so swapped rows do not open."""

    purpose = models.CharField(max_length=120)
    key_id = models.CharField(max_length=32)
    wrapped_key = models.BinaryField()
    ciphertext = models.BinaryField()

    history_ignores = ("wrapped_key", "ciphertext")
