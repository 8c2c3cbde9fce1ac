"""How a process logs: as text or as JSON, with the request a line belongs to, and without secrets.

Nothing in Cairn logs a secret on purpose. This is the second wall, for what a library or an exception says:
whatever looks like a credential is replaced in the finished line, tracebacks included.
"""

import json
import logging
import re
from contextvars import ContextVar
from typing import Any

from cairn.settings import Settings

asked: ContextVar[str] = ContextVar("cairn_request", default="")
"""The id of the request that is being answered."""

HIDDEN = "[hidden]"
_SECRETS = (
    # JSON Web Tokens, whole or cut off
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}"), HIDDEN),
    # Our own: 32 random bytes as text, which is what sessions, tokens, states, nonces and verifiers are
    (re.compile(r"(?<![\w-])(?:cairn_)?[\w-]{43}(?![\w-])"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)((?:__host-)?cairn[\w-]*)=[^;\s\"',]{8,}"), rf"\1={HIDDEN}"),
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), rf"\1:{HIDDEN}@"),
    (
        re.compile(
            r"(?i)\b((?:code|code_verifier|verifier|state|nonce|[a-z_]*token|id_token_hint|[a-z_]*secret"
            r"|password|passwd|signing_key)(?:=|[\"']\s*:\s*[\"']?|:\s+|%3D))[^\s&\"',;})]{6,}"
        ),
        rf"\1{HIDDEN}",
    ),
)
_EXTRAS = ("method", "path", "status", "ms", "who")


def redacted(text: str) -> str:
    """A text without what looks like a credential."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class Lines(logging.Formatter):
    """A line for people."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line; of a request, with its id at the end of the first line."""
        first, *rest = super().format(record).split("\n")
        request = getattr(record, "request", "") or asked.get()
        return redacted("\n".join([f"{first} [{request}]" if request else first, *rest]))


class JsonLines(logging.Formatter):
    """A line for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as one JSON object."""
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if request := getattr(record, "request", "") or asked.get():
            line["request"] = request
        extras = {name: getattr(record, name) for name in _EXTRAS if hasattr(record, name)}
        line |= {name: redacted(each) if isinstance(each, str) else each for name, each in extras.items()}
        if record.exc_info:
            line["exception"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line)


def begin(found: Settings) -> None:
    """Logs to standard error from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if found.log_format == "json" else Lines())
    logging.basicConfig(level=found.log_level.upper(), handlers=[handler], force=True)
    for noisy in ("uvicorn.error", "httpx2", "httpcore2", "alembic.runtime"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
