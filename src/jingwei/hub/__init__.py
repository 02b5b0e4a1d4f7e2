"""The integration hub: systems, interfaces, mapping, sync, inbox, outbox, monitor."""
