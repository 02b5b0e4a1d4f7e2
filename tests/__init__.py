"""Tests mirror src; tests/house holds the laws."""
