"""The demo systems, driven from outside as any peer would."""
