"""The only room that knows everybody: settings, urls, asgi, command line, menu."""
