"""One folder per outside system. A connector imports hub.contract only."""
