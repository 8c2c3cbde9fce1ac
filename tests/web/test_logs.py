"""Logs: no secret in a line, and the request it belongs to."""

import io
import json
import logging

import pytest

from cairn.web.logs import JsonLines, Lines, asked, redacted

TOKEN = "k3J9_x-Zq0" * 4 + "abc"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {JWT}", JWT),
        (f"{{'authorization': b'Bearer cairn_{TOKEN}'}}", TOKEN),
        ("authorization: Basic Y2Fpcm46c2VjcmV0", "Y2Fpcm46c2VjcmV0"),
        (f"cookie: a=b; __Host-cairn={TOKEN}; c=d", TOKEN),
        ("GET /auth/callback?state=abcdef123456&code=code-0-of-it HTTP/1.1", "code-0-of-it"),
        ("code_verifier=verifier-of-it&grant_type=authorization_code", "verifier-of-it"),
        ('{"refresh_token": "8xLOxBtZp8"}', "8xLOxBtZp8"),
        ("connecting to postgresql://cairn:hunter2@db/cairn", "hunter2"),
        ("client_secret=s3cret-of-the-client", "s3cret-of-the-client"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text, secret):
    assert secret not in redacted(text)
    assert "[hidden]" in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "the job 7 of credentials.award is dead, try 10 of 10: code 5",
        "GET /graphql 200 1.2 ms employee:01890a5d-ac96-774b-bcce-b302099a8057",
        "sign-in 0f3a came to nothing: the ID token belongs to another sign-in",
    ],
)
def test_what_is_none_stays(text):
    assert redacted(text) == text


@pytest.mark.parametrize("form", [Lines, JsonLines])
def test_a_traceback_is_redacted_too_and_the_request_is_named(form):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(form())
    error = ValueError(f"no such token {JWT}")
    record = logging.LogRecord(
        "cairn", logging.ERROR, "", 0, "defect %s", (TOKEN,), (type(error), error, None)
    )
    record.path = f"/share/{TOKEN}"
    before = asked.set("abc1")
    handler.handle(record)
    asked.reset(before)
    said = stream.getvalue()
    assert JWT not in said
    assert TOKEN not in said
    assert "abc1" in said
    if form is JsonLines:
        assert json.loads(said)["request"] == "abc1"
