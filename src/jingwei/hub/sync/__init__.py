"""One cycle of an interface: read, plan, carry out, store; comparing, rehearsing and a person's decisions."""
