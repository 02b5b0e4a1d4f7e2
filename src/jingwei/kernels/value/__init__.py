"""Earned value."""
