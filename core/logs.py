"""The log: one line per event, for people on a terminal and as JSON everywhere else.

A traceback shows lines of code and never the values of variables: there are passwords and tokens among them.
"""

import logging
import sys

import structlog


def configure(*, is_terminal: bool | None = None) -> None:
    """Begin to log to standard error."""
    for_people = sys.stderr.isatty() if is_terminal is None else is_terminal
    last = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if for_people
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_names: StandardError(),
        cache_logger_on_first_use=True,
    )


class StandardError:
    """Writes lines to what is standard error at that moment, which a test may have exchanged."""

    def msg(self, message: str) -> None:
        """Write one line."""
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()

    log = debug = info = warn = warning = error = err = critical = exception = fatal = failure = msg
