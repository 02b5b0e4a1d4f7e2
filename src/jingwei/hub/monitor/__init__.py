"""How an interface is, where a record is, and what is kept for how long."""
