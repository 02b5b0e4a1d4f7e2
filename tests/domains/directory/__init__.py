"""Tests of the directory domain."""
