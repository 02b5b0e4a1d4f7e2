"""Arithmetic: calendars, critical path, three-way merge, mapping, money. No Django, no I/O."""
