"""Calendars: week patterns, holidays and make-up days, in layers company, project, person."""
