"""Laws that run over every resource, route and connector."""
