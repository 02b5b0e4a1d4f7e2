"""Working time: as people state it, and compiled to arrays."""
