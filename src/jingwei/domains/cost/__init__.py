"""Cost lines by project, account and period."""
