"""Walls: what comes in and goes out is checked, limited, scrubbed and counted here."""
