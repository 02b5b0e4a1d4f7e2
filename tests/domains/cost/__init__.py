"""Tests of the cost domain."""
