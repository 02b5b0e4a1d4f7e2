"""The database engine: PostgreSQL with the application role and the scope set on every connection."""
