"""Where log lines go and what they look like.

Always standard error: standard output carries results. Commands that come and go tell a person what
went wrong themselves, so they log errors only, unless the level was set on purpose; ``serve`` logs
what the settings say.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from sallyport.settings import Settings

if TYPE_CHECKING:
    from structlog.typing import Processor


def configure(settings: Settings, *, quiet: bool) -> None:
    """Send our own log lines and those of libraries the same way, in the format of the settings.

    ``quiet`` raises a level that nobody chose to ``error``.
    """
    import structlog

    level_name = settings.log_level
    if quiet and settings.value("SALLYPORT_LOG_LEVEL").origin == "default":
        level_name = "error"
    level = getattr(logging, level_name.upper())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor]
    if settings.log_format == "json":
        last = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    else:
        plain = structlog.dev.plain_traceback
        last = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
        ]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
