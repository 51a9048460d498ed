"""Structured logs on standard error: JSON lines, or short text on a terminal.

Takes a message and named values (`extra={"values": {...}}`). Secrets and message bodies are never
among them: the callers name what they log, and no caller has either in a value.
"""

import json
import logging
import sys
from typing import Any

from pillarbox.base.clock import iso8601

LEVELS = {name: getattr(logging, name.upper()) for name in ("debug", "info", "warning", "error")}


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": iso8601(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            **getattr(record, "values", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        values = " ".join(
            f"{name}={value}" for name, value in getattr(record, "values", {}).items()
        )
        moment = iso8601(int(record.created * 1000))[11:23]
        line = f"{moment} {record.levelname.lower():7} {record.getMessage()} {values}".rstrip()
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def set_up_logging(level: str, style: str) -> None:
    """Send all logs of this process to standard error; `style`: json, text or auto."""
    text = style == "text" or (style == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Text() if text else _JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def log_values(logger: logging.Logger, level: int, message: str, **values: Any) -> None:
    """Log a message with named values."""
    if logger.isEnabledFor(level):
        logger.log(level, message, extra={"values": values})
