"""Tests of the same rooms under src."""
