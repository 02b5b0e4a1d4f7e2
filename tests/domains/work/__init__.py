"""Tests of the work domain."""
