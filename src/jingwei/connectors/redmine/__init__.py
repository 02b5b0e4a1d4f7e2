"""Redmine over its REST API."""
