"""Tests of the labour domain."""
