"""Template tags of the hub's pages."""
