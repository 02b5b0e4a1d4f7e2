"""Servers that tests start in a thread of their own."""

from __future__ import annotations

import socketserver
import threading


def in_background(server: socketserver.BaseServer) -> threading.Thread:
    """Serve until it is shut down, which waits until the server looks up: by itself it does that twice a second, and every test would wait for it."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    return thread
