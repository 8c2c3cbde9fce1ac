"""What is said of a request that is not answered.

A problem belongs to the request as a whole and is found before anything ran; what a verb refuses is
a `Refusal` (`access/refusal.py`) and part of the answer.
"""

from collections.abc import Sequence
from enum import StrEnum

from graphql import GraphQLError, Node


class Code(StrEnum):
    """The `code` in an error's extensions: what a program decides by."""

    BAD_REQUEST = "BAD_REQUEST"
    """The HTTP request is not a GraphQL request."""
    PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    """The document is not GraphQL."""
    VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    """The document does not fit the schema."""
    UNKNOWN_DOCUMENT = "PERSISTED_QUERY_NOT_FOUND"
    """No document is known by the identifier that was sent."""
    BAD_INPUT = "BAD_USER_INPUT"
    """A variable or an argument has a value that makes no sense."""
    LIMIT = "LIMIT_EXCEEDED"
    """The request asks for more than one request may."""
    UNAUTHENTICATED = "UNAUTHENTICATED"
    """Nobody has signed in."""
    FORBIDDEN = "FORBIDDEN"
    """Whoever asks may not, or not in this way."""
    RATE_LIMITED = "RATE_LIMITED"
    """Too many requests; the header `Retry-After` says when to try again."""
    MISSED = "EVENTS_MISSED"
    """A subscription cannot tell of all that has happened: read what is so now, and subscribe anew."""
    UNAVAILABLE = "UNAVAILABLE"
    """Not now: the database does not answer, or the operation took too long."""
    INTERNAL = "INTERNAL_SERVER_ERROR"
    """A defect; the id in the extensions is in the log."""


class Problem(GraphQLError):  # noqa: N818  # an answer to the client, not an error of ours
    """The request as a whole is refused; nothing of it ran."""

    def __init__(self, code: Code, message: str, nodes: Sequence[Node] | Node | None = None) -> None:
        super().__init__(message, nodes, extensions={"code": code.value})
        self.code = code


def bad_input(message: str) -> Problem:
    """A variable or argument makes no sense."""
    return Problem(Code.BAD_INPUT, message)
