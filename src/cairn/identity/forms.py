"""Forms as OAuth and OpenID Connect send them: few fields, each once, and not long."""

from urllib.parse import parse_qsl

from starlette.requests import Request

LONGEST_FORM = 200_000
"""Bytes; a logout token is the longest thing in one."""
MOST_FIELDS = 20


class FormError(ValueError):
    """What was sent is no form that is read here; the message is what it did."""


async def form(request: Request) -> dict[str, str]:
    """The fields of a form (application/x-www-form-urlencoded). Raises `FormError`."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise FormError("did not come in a form")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            raise FormError("is too long")
    try:
        return single(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except (UnicodeDecodeError, ValueError) as error:
        raise error if isinstance(error, FormError) else FormError("did not come in a form") from None


def single(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Names with their values, each said once (RFC 6749, section 3.1). Raises `FormError`."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FormError("came twice")
    return found
