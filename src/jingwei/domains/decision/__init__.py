"""Decisions of a project: what was decided, why, by whose votes, and when it is looked at again."""
