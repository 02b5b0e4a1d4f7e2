"""The risk register: what may happen, how likely and how bad, what we do about it, and what it does to the plan."""
