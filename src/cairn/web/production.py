"""What production refuses to start with: each reason at once, so that it is put right at once.

GraphiQL open to strangers is not among them: its page is for those who have signed in, always
(`web/explorer.py`).
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from cairn.identity.cookies import is_loopback
from cairn.identity.providers import Provider
from cairn.settings import Settings


def insecure(found: Settings, providers: Sequence[Provider] | None) -> list[str]:
    """Why these settings are fit for a laptop only: sentences that name the setting.

    `providers` are None where what is said of them makes no sense, which is told already.
    """
    reasons = []
    address = urlsplit(found.public_url)
    if address.scheme != "https" or not address.hostname:
        reasons.append("CAIRN_PUBLIC_URL must be an https address, for example https://cairn.example.com.")
    elif is_loopback(found.public_url):
        reasons.append("CAIRN_PUBLIC_URL must not be an address of this machine.")
    if found.database_url is None:
        reasons.append("CAIRN_DATABASE_URL must name a PostgreSQL: the embedded one is for development.")
    if providers is not None and (not providers or any(each.development for each in providers)):
        reasons.append(
            "CAIRN_OIDC_ISSUER or CAIRN_OIDC_PROVIDERS must name your identity provider: the development one "
            "lets anybody in."
        )
    reasons += [
        f"The identity provider {provider.issuer} must have an https address."
        for provider in providers or ()
        if not provider.development and not provider.issuer.startswith("https:")
    ]
    if not found.signing_key:
        reasons.append(
            "CAIRN_SIGNING_KEY must be set: one that was generated here is lost with this machine."
        )
    if found.files_url.startswith("s3:") and "endpoint=http:" in found.files_url:
        reasons.append("CAIRN_FILES_URL must have an https endpoint: files are people's own.")
    if any("*" in host for host in found.allowed_hosts):
        reasons.append("CAIRN_ALLOWED_HOSTS must name hosts: * takes every one.")
    if any("*" in origin for origin in found.cors_origins):
        reasons.append("CAIRN_CORS_ORIGINS must name sites: * lets every page ask.")
    if any(each.endswith("/0") or "*" in each for each in found.trusted_proxies):
        reasons.append("CAIRN_TRUSTED_PROXIES must name your proxies: /0 believes everybody.")
    if found.log_level == "debug":
        reasons.append("CAIRN_LOG_LEVEL must not be debug: what libraries say then is not for production.")
    return reasons
