"""What drives an interface: its cycle, the dry run, the comparison of keys, and what a person decides. Stands above sync and outbox."""
