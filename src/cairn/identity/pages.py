"""The few pages of signing in and out: plain, semantic, and with nothing on them that runs."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment
from starlette.responses import HTMLResponse

_STYLE = """
:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif }
body { max-width: 34rem; margin: 12vh auto; padding: 0 1rem }
h1 { font-size: 1.5rem; line-height: 1.2 }
ul { list-style: none; padding: 0 }
li { margin: 0.75rem 0 }
button { font: inherit; padding: 0.5rem 1rem; border: 1px solid; border-radius: 0.25rem; cursor: pointer }
small { opacity: 0.75 }
"""

_PAGE = Environment(autoescape=True).from_string(
    """{% macro buttons(choices) %}<ul>
{% for choice in choices %}<li>
<form method="{{ choice.method }}" action="{{ choice.action }}">
{% for name, value in choice.fields.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<button>{{ choice.label }}</button>
</form>
{% if choice.note %}<small>{{ choice.note }}</small>
{% endif %}</li>
{% endfor %}</ul>
{% endmacro -%}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ title }} · {{ site }}</title>
<style>{{ style }}</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
{% for text in texts %}<p>{{ text }}</p>
{% endfor %}
{%- if question %}<form method="get" action="{{ question.action }}">
{% for name, value in question.fields.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<label for="answer">{{ question.label }}</label>
<input id="answer" name="{{ question.name }}" type="email" autocomplete="email" required maxlength="320">
<button>{{ question.button }}</button>
</form>
{% endif %}
{%- if choices %}{{ buttons(choices) }}{% endif %}
{%- if others %}<details>
<summary>{{ summary }}</summary>
{{ buttons(others) }}</details>
{% endif %}
{%- if quote %}<p><small>When you ask about this, quote <code>{{ quote }}</code>.</small></p>
{% endif %}</main>
</body>
</html>
"""
)


@dataclass(frozen=True)
class Choice:
    """A button."""

    label: str
    action: str
    fields: Mapping[str, str]
    method: str = "get"
    note: str = ""


@dataclass(frozen=True)
class Question:
    """An address to type, and a button."""

    label: str
    name: str
    action: str
    fields: Mapping[str, str]
    button: str


SHIELD = {
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",  # with no-referrer a browser posts our own forms with Origin: null
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""What every page tells the browser not to do. The front adds it to whatever passes it (`web/front.py`); the
development identity provider stands behind none."""
HEADERS = {"cache-control": "no-store", **SHIELD}
"""On every answer of signing in and out: the address of one may hold a code."""


def page(
    title: str,
    texts: Sequence[str],
    *,
    status: int = 200,
    question: Question | None = None,
    choices: Sequence[Choice] = (),
    others: Sequence[Choice] = (),
    summary: str = "",
    leads_to: Sequence[str] = (),
    quote: str = "",
    site: str = "Cairn",
) -> HTMLResponse:
    """A page. `others` are choices under a summary.

    `leads_to` are the origins that its forms end up at: browsers follow no other redirect.
    """
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    targets = " ".join(["'self'", *leads_to])
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {targets}"
    )
    html = _PAGE.render(
        title=title,
        texts=texts,
        question=question,
        choices=choices,
        others=others,
        summary=summary,
        quote=quote,
        site=site,
        style=_STYLE,
    )
    return HTMLResponse(html, status, {**HEADERS, "content-security-policy": policy})
