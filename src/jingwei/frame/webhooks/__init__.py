"""Webhooks: facts of any resource sent to an address outside, signed, kept until they were taken, with a log and replay."""
