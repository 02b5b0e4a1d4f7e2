"""Telling: facts stated, events to open pages, notices to people, mail."""
