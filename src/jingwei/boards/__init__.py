"""Dashboards over several domains. They read, they never write."""
