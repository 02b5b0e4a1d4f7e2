"""What every row can have beside its fields: a life with steps, parts, a number."""
