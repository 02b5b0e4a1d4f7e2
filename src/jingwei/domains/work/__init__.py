"""Tasks in a tree, their links, milestones and the board."""
