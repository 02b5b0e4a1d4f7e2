"""Connectors against running peers, and the acceptance every connector must pass."""
