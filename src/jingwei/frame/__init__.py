"""The machinery every domain stands on: resource, commands, facts, history, permissions, jobs, secrets, egress, ui, api."""
