"""The hub's own pages: topology, systems, wizard, mapping editor, interface, monitor, conflicts."""
