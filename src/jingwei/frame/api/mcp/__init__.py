"""The Model Context Protocol: what an assistant may ask and do, over HTTP with a token or as a program beside it."""
