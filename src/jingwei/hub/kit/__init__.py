"""What connectors are made of: pure helpers over the contract, no Django."""
