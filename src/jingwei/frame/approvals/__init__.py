"""Approvals: what was submitted is decided by votes, stage after stage, by people who did not write it."""
