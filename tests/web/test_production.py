"""Production refuses to start insecurely, and says each reason at once."""

import os
import subprocess
import sys

from cairn.identity.providers import Provider
from cairn.settings import Settings
from cairn.web.production import insecure

SAFE = {
    "CAIRN_ENV": "production",
    "CAIRN_PUBLIC_URL": "https://cairn.example.com",
    "CAIRN_OIDC_ISSUER": "https://login.example.com",
    "CAIRN_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "CAIRN_SIGNING_KEY": "a key",
}
PROVIDERS = [Provider("https://login.example.com", "cairn", "https://cairn.example.com")]


def settings(**given):
    names = {name.removeprefix("CAIRN_").lower(): value for name, value in SAFE.items()}
    return Settings(**{**names, **given})


def test_what_is_safe_starts():
    assert insecure(settings(), PROVIDERS) == []


def test_each_reason_is_said():
    found = insecure(
        settings(
            public_url="http://cairn.example.com",
            database_url=None,
            signing_key=None,
            allowed_hosts="*",
            cors_origins="*",
            trusted_proxies="0.0.0.0/0",
            log_level="debug",
        ),
        [],
    )
    named = {reason.split()[0] for reason in found}
    named.discard("CAIRN_SIGNING_KEY")
    assert named == {
        "CAIRN_PUBLIC_URL",
        "CAIRN_DATABASE_URL",
        "CAIRN_OIDC_ISSUER",
        "CAIRN_ALLOWED_HOSTS",
        "CAIRN_CORS_ORIGINS",
        "CAIRN_TRUSTED_PROXIES",
        "CAIRN_LOG_LEVEL",
    }
    assert insecure(settings(public_url="https://localhost"), PROVIDERS) != []


def cairn(*arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
    return subprocess.run(
        [sys.executable, "-m", "cairn", *arguments],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_names_all_reasons_and_does_not_start():
    ran = cairn(
        "serve", **{**SAFE, "CAIRN_PUBLIC_URL": "http://cairn.example.com", "CAIRN_LOG_LEVEL": "debug"}
    )
    assert ran.returncode == 2
    assert "CAIRN_PUBLIC_URL must be an https address" in ran.stderr
    assert "CAIRN_LOG_LEVEL must not be debug" in ran.stderr
    assert "Traceback" not in ran.stderr
