"""The archive: every change of the embedded database sealed into a folder elsewhere, so that any moment of it can be brought back."""
