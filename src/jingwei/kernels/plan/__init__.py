"""Plans by key: what ordinary callers calculate, and what is told of the result."""
