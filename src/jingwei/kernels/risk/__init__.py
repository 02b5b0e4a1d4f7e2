"""Scoring of risks."""
