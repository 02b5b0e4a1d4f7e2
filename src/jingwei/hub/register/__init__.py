"""What is registered: systems, connections, interfaces and their versions, and interfaces as files."""
