"""Bad nights: the whole installation under its supervisor, while everything is killed and the disk runs full."""
