"""Apps outside that act for a person: how they register themselves, and what they may ask for.

Anybody may register one (OAuth 2.0 Dynamic Client Registration, RFC 7591; Open Badges 3.0, section 7.1.1). It
gains nothing by that: what it says of itself is shown to people as its own word, beside the host that they
would be sent to, and nothing that it points to is ever fetched.
"""

import hmac
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, bindparam, delete, select, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.identity.cookies import is_loopback, secret
from cairn.identity.sessions import digest
from cairn.identity.tables import App, AppCode, AppToken, ConnectedApp, Disconnection
from cairn.jobs.schedule import every

ConnectedAppId = Annotated[UUID, Ref("ConnectedApp")]

_SCOPE = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"


class AppScope(StrEnum):
    """What somebody lets an app do for them (Open Badges 3.0, section 6.2.1)."""

    READ_CREDENTIALS = f"{_SCOPE}credential.readonly"
    """Read their credentials: what they were awarded here, and what they brought from outside."""
    WRITE_CREDENTIALS = f"{_SCOPE}credential.upsert"
    """Add credentials that others awarded them, and replace those by newer ones."""
    READ_PROFILE = f"{_SCOPE}profile.readonly"
    """Read their profile: name, e-mail address, and what they say of themselves."""
    WRITE_PROFILE = f"{_SCOPE}profile.update"
    """Change what they say of themselves."""
    OFFLINE = "offline_access"
    """Go on without them, until they end it."""


BY_DEFAULT = (AppScope.READ_CREDENTIALS, AppScope.READ_PROFILE)
"""What an app may ask for that registers without saying."""
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")
GRANT_TYPES = ("authorization_code", "refresh_token")
MOST_ADDRESSES = 10
LONGEST_ADDRESS = 500
LONGEST_NAME = 100
NEVER_CONNECTED = timedelta(days=30)
"""After that an app with which nobody connected is forgotten."""
USED_EVERY = timedelta(minutes=1)


class RegistrationError(ValueError):
    """What an app says of itself cannot be taken (RFC 7591, section 3.2.2)."""

    def __init__(self, error: str, why: str) -> None:
        super().__init__(why)
        self.error = error
        self.why = why


@dataclass(frozen=True)
class Registered:
    """An app, and the secret that it is told once."""

    app: App
    secret: str | None


async def register(tx: Transaction, said: Mapping[str, Any]) -> Registered:
    """Takes in an app by what it says of itself (RFC 7591, section 2). Raises `RegistrationError`."""
    if "software_statement" in said:
        raise RegistrationError("unapproved_software_statement", "no software statements are taken here")
    method = said.get("token_endpoint_auth_method", AUTH_METHODS[0])
    if method not in AUTH_METHODS:
        raise _wrong(f"token_endpoint_auth_method: one of {', '.join(AUTH_METHODS)}")
    grants = _texts(said, "grant_types", GRANT_TYPES[:1])
    if not {GRANT_TYPES[0]} <= {*grants} <= {*GRANT_TYPES}:
        raise _wrong("grant_types: authorization_code, and refresh_token beside it")
    if {*_texts(said, "response_types", ("code",))} != {"code"}:
        raise _wrong("response_types: code")
    given = None if method == "none" else secret()
    app = App(
        name=_name(said),
        secret=None if given is None else digest(given),
        auth_method=method,
        redirect_uris=_redirects(said),
        scopes=[each.name for each in _scopes(said)],
        refreshes=GRANT_TYPES[1] in grants,
        client_uri=_page(said, "client_uri"),
        policy_uri=_page(said, "policy_uri"),
        tos_uri=_page(said, "tos_uri"),
        software_id=_text(said, "software_id"),
        software_version=_text(said, "software_version"),
    )
    tx.add(app)
    await tx.flush()
    after = {"name": app.name, "redirect_uris": app.redirect_uris, "scopes": app.scopes}
    await audit.record(tx, Viewer(name="public"), "app.register", app, after=after)
    return Registered(app, given)


def _wrong(why: str) -> RegistrationError:
    return RegistrationError("invalid_client_metadata", why)


def _texts(said: Mapping[str, Any], name: str, default: Sequence[str]) -> list[str]:
    found = said.get(name, list(default))
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found) or len(found) > 20:
        raise _wrong(f"{name}: a list of texts")
    return found


def _text(said: Mapping[str, Any], name: str) -> str | None:
    found = said.get(name)
    if found is None or found == "":
        return None
    if not isinstance(found, str) or len(found) > LONGEST_ADDRESS or not found.isprintable():
        raise _wrong(f"{name}: a text of at most {LONGEST_ADDRESS} characters")
    return found


def _name(said: Mapping[str, Any]) -> str:
    """Nothing in it that would turn the rest of a line round, or hide (Unicode's categories C)."""
    found = said.get("client_name")
    name = " ".join(found.split()) if isinstance(found, str) else ""
    if not 0 < len(name) <= LONGEST_NAME or any(unicodedata.category(each)[0] == "C" for each in name):
        raise _wrong(f"client_name: 1 to {LONGEST_NAME} characters that can be seen")
    return name


def _page(said: Mapping[str, Any], name: str) -> str | None:
    found = _text(said, name)
    if found is not None and not _is_safe(found):
        raise _wrong(f"{name}: an https address")
    return found


def _redirects(said: Mapping[str, Any]) -> list[str]:
    """RFC 9700, section 2.1 and 4.1.3: absolute, without a fragment, compared letter by letter."""
    found = said.get("redirect_uris")
    if not isinstance(found, list) or not 0 < len(found) <= MOST_ADDRESSES:
        raise RegistrationError("invalid_redirect_uri", f"redirect_uris: 1 to {MOST_ADDRESSES} addresses")
    for each in found:
        fits = isinstance(each, str) and len(each) <= LONGEST_ADDRESS and _is_safe(each)
        if not fits or "#" in each:
            raise RegistrationError(
                "invalid_redirect_uri",
                "redirect_uris: https addresses without a fragment; http for this machine's own alone",
            )
    return list(dict.fromkeys(found))


def _is_safe(address: str) -> bool:
    """Whether people may be sent there: over https, or to their own machine (RFC 8252, section 7.3)."""
    if not address.isascii() or not address.isprintable() or any(each in address for each in " \\<>\"'"):
        return False
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(address))


def _scopes(said: Mapping[str, Any]) -> list[AppScope]:
    """Those asked for that there are; others are left out, and the answer says which are left."""
    found = said.get("scope")
    if found is None or found == "":
        return list(BY_DEFAULT)
    if not isinstance(found, str):
        raise _wrong("scope: texts with spaces between them")
    known = [each for each in AppScope if each.value in found.split(" ")]
    if not {*known} - {AppScope.OFFLINE}:
        raise _wrong(
            f"scope: at least one of {' '.join(each for each in AppScope if each is not AppScope.OFFLINE)}"
        )
    return known


def scopes_of(names: Collection[str]) -> list[AppScope]:
    """Scopes by what they are kept as; one that is none any more is not given."""
    return [each for each in AppScope if each.name in names]


def written(names: Collection[str]) -> str:
    """Scopes as OAuth writes them (RFC 6749, section 3.3)."""
    return " ".join(scopes_of(names))


def metadata(registered: Registered) -> dict[str, Any]:
    """What an app is told once it is registered (RFC 7591, section 3.2.1)."""
    app = registered.app
    found: dict[str, Any] = {
        "client_id": str(app.id),
        "client_id_issued_at": int(app.registered_at.timestamp()),
        "client_name": app.name,
        "redirect_uris": app.redirect_uris,
        "token_endpoint_auth_method": app.auth_method,
        "grant_types": list(GRANT_TYPES if app.refreshes else GRANT_TYPES[:1]),
        "response_types": ["code"],
        "scope": written(app.scopes),
    }
    more = ("client_uri", "policy_uri", "tos_uri", "software_id", "software_version")
    found |= {name: value for name in more if (value := getattr(app, name)) is not None}
    if registered.secret is not None:
        found |= {"client_secret": registered.secret, "client_secret_expires_at": 0}
    return found


async def app_of(tx: Transaction, client_id: str) -> App | None:
    """The app of that client id."""
    try:
        id_ = UUID(client_id)
    except ValueError:
        return None
    return await tx.get(App, id_) if str(id_) == client_id else None


def is_theirs(app: App, given: str | None) -> bool:
    """Whether that is the app's secret."""
    if app.secret is None or given is None:
        return app.secret is None and given is None
    return hmac.compare_digest(app.secret, digest(given))


async def disconnect_app(tx: Transaction, viewer: Viewer, *, connected_app: ConnectedAppId) -> ConnectedApp:
    """Ends what an app may do for somebody: its tokens are refused from its next request on.

    Args:
        connected_app: One of your own, or anybody's if you manage access.
    """
    found = await find(tx, viewer, ConnectedApp, connected_app, lock=True)
    await end(tx, viewer, Disconnection.BY_PERSON, col(ConnectedApp.id) == found.id)
    await tx.refresh(found)
    return found


async def end(
    tx: Transaction, viewer: Viewer, why: Disconnection, *which: ColumnElement[bool]
) -> Sequence[ConnectedApp]:
    """Ends those that are live of the connections that meet the conditions, and forgets their tokens."""
    ended = (
        update(ConnectedApp)
        .where(col(ConnectedApp.ended_at).is_(None), *which)
        .values(ended_at=now(), ending=why)
        .returning(ConnectedApp)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    found = (await tx.execute(ended)).scalars().all()
    of_them = [each.id for each in found]
    for table in (AppCode, AppToken):
        among = col(table.connected_app_id) == any_(bindparam("ids", of_them, ARRAY(Uuid)))
        await tx.execute(delete(table).where(among))
    for each in found:
        await audit.record(tx, viewer, "app.disconnect", each, after={"ending": why})
    return found


@every("19 4 * * *")
async def forget_apps(tx: Transaction, at: datetime) -> None:
    """Forgets codes and tokens that work no more, and apps with which nobody ever connected."""
    for table in (AppCode, AppToken):
        await tx.execute(delete(table).where(col(table.expires_at) < at))
    connected = select(col(ConnectedApp.id)).where(col(ConnectedApp.app_id) == col(App.id)).exists()
    old = and_(col(App.registered_at) < at - NEVER_CONNECTED, ~connected)
    await tx.execute(delete(App).where(old))
