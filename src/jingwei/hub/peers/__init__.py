"""How the hub reaches other systems: sessions, credentials, budgets, breakers, the installed connectors, and our own resources as a peer."""
