"""The critical path on plain arrays."""
