"""Our own resources, joined like any other system's."""
