"""The product's password hash at its lowest cost: a test that makes ten people does not wait for what keeps a thief waiting."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """One round over 8 KiB in one lane."""

    time_cost, memory_cost, parallelism = 1, 8, 1
