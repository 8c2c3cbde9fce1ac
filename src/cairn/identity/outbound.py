"""Asking an identity provider: no redirect is followed, no answer is long, and none is waited for long.

An identity provider is trusted to say who somebody is, not to answer well.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError  # type: ignore[import-untyped]
from httpx2 import (
    AsyncBaseTransport,
    AsyncByteStream,
    AsyncClient,
    AsyncHTTPTransport,
    HTTPError,
    InvalidURL,
    Limits,
    Request,
    Response,
    Timeout,
)

SECONDS = 4.0
"""All that one errand to an identity provider may take."""
BYTES = 1_000_000
"""The longest answer that is read."""
_TIMEOUT = Timeout(3.0, connect=2.0)


class ProviderError(Exception):
    """The identity provider does not answer, or not as it must.

    `reason` is for the log and quotes nothing that was sent or received.
    """

    def __init__(self, reason: str, *, unavailable: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unavailable = unavailable
        """Whether it may be over in a moment (503), and not a wrong answer (502)."""


class SpentCodeError(Exception):
    """The token end point did not take the code: it was used, is too old, or is somebody else's."""


class _Bounded(AsyncByteStream):
    def __init__(self, stream: AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > BYTES:
                raise ProviderError("the answer is too long")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class BoundedTransport(AsyncBaseTransport):
    """A transport whose answers end, come as they are, and stay where they were asked for."""

    def __init__(self, inner: AsyncBaseTransport | None = None) -> None:
        self._inner = inner or AsyncHTTPTransport(limits=Limits(max_connections=20))

    async def handle_async_request(self, request: Request) -> Response:
        """Sends a request. Raises `ProviderError` for an answer that is compressed or leads elsewhere."""
        request.headers["accept-encoding"] = "identity"  # what is compressed may unfold without end
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, AsyncByteStream)
        if (
            response.headers.get("content-encoding", "identity") != "identity"
            or response.has_redirect_location
        ):
            await response.stream.aclose()
            raise ProviderError("the answer is compressed or leads elsewhere")
        return Response(
            response.status_code,
            headers=response.headers,
            stream=_Bounded(response.stream),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._inner.aclose()


async def get_json(transport: AsyncBaseTransport, url: str, *, bearer: str | None = None) -> dict[str, Any]:
    """The JSON object at an address. Raises `ProviderError`."""
    headers = {"accept": "application/json"}
    if bearer is not None:
        headers["authorization"] = f"Bearer {bearer}"
    client = AsyncClient(transport=transport, timeout=_TIMEOUT)  # never closed: the transport is not its own
    try:
        response = await client.get(url, headers=headers)
    except (HTTPError, InvalidURL) as error:
        raise ProviderError(f"no answer: {type(error).__name__}", unavailable=True) from None
    if response.status_code != 200:
        raise ProviderError(
            f"answers with status {response.status_code}", unavailable=response.status_code >= 500
        )
    return _object(response)


def authorization_url(
    transport: AsyncBaseTransport,
    url: str,
    *,
    client_id: str,
    scopes: Sequence[str],
    redirect_uri: str,
    state: str,
    nonce: str,
    verifier: str,
    login_hint: str | None,
    prompt: str | None,
    max_age: int | None,
) -> str:
    """Where a browser goes for a code (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636 with S256)."""
    optional = {"login_hint": login_hint, "prompt": prompt, "max_age": max_age}
    client = AsyncOAuth2Client(
        client_id,
        scope=" ".join(scopes),
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        transport=transport,
    )
    found, _ = client.create_authorization_url(
        url,
        state=state,
        nonce=nonce,
        code_verifier=verifier,
        **{name: value for name, value in optional.items() if value is not None},
    )
    return str(found)


async def exchange_code(
    transport: AsyncBaseTransport,
    url: str,
    *,
    client_id: str,
    client_secret: str | None,
    authentication: str,
    code: str,
    verifier: str,
    redirect_uri: str,
) -> Mapping[str, Any]:
    """Trades a code for tokens (RFC 6749, section 4.1.3; RFC 7636).

    Raises `SpentCodeError`, `ProviderError`.
    """
    client = AsyncOAuth2Client(
        client_id,
        client_secret,
        token_endpoint_auth_method=authentication,
        redirect_uri=redirect_uri,
        transport=transport,
        timeout=_TIMEOUT,
    )
    client.register_compliance_hook("access_token_response", _succeeded_or_says_why)
    try:
        found = await client.fetch_token(
            url,
            grant_type="authorization_code",
            code=code,
            code_verifier=verifier,
            redirect_uri=redirect_uri,
        )
    except OAuthError as error:
        if error.error == "invalid_grant":
            raise SpentCodeError from None
        raise ProviderError("the token end point answers with an error") from None
    except (HTTPError, InvalidURL) as error:
        raise ProviderError(f"no tokens: {type(error).__name__}", unavailable=True) from None
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        raise ProviderError("the token end point's answer makes no sense") from None
    return dict(found)


def _succeeded_or_says_why(response: Response) -> Response:
    """Authlib takes whatever is JSON and names no error, also with the status of a failure."""
    if response.status_code != 200 and not isinstance(_object(response).get("error"), str):
        raise ProviderError(
            f"the token end point answers with status {response.status_code}",
            unavailable=response.status_code >= 500,
        )
    return response


def _object(response: Response) -> dict[str, Any]:
    """The JSON object of an answer. Raises `ProviderError`."""
    try:
        found = json.loads(response.content)
    except (ValueError, RecursionError):
        raise ProviderError("the answer is not JSON", unavailable=response.status_code >= 500) from None
    if not isinstance(found, dict):
        raise ProviderError("the answer is not a JSON object")
    return found
