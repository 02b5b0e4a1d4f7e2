"""Measurements beside named peers; runnable one by one."""
