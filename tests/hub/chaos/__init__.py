"""Chaos: an installation of its own, two peers, persons on both sides, and everything going wrong at once."""
