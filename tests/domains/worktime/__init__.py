"""Tests of the worktime domain."""
