"""The key that signs: Ed25519, kept where the operator says, never in the database.

`CAIRN_SIGNING_KEY` is one of

- a private key as PEM (PKCS #8), or the path of a file with one;
- a private key as multibase (`z3u2…`, Multikey) or the path of a file with one;
- `hook:package.module:function`, which returns a `Signer`, such as a cloud's key service.

Without it the key is `signing.pem` in the data folder, which `cairn keys rotate` writes; and where there is
none either, one that is made at first use, `signing.generated.pem`, fit for a laptop: production refuses it.
"""

import os
import secrets
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import base58
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from cairn.settings import SettingError, Settings

_PUBLIC, _PRIVATE = b"\xed\x01", b"\x80\x26"
"""The multicodec of an Ed25519 key, as Multikey writes it (Controlled Identifiers 1.0, section 2.2.2)."""
_KEPT, _GENERATED = "signing.pem", "signing.generated.pem"


class Signer(Protocol):
    """Something that signs with one Ed25519 key."""

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature, 64 bytes (RFC 8032). It may take a while, and may raise `OSError`."""
        ...


class _Held:
    """A key in this process's memory."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)

    def __repr__(self) -> str:
        return f"<the key {multibase(self.public)}>"


def multibase(public: bytes) -> str:
    """A public key as Multikey writes it: `z6Mk…`."""
    return "z" + base58.b58encode(_PUBLIC + public).decode()


def public_key(written: str) -> Ed25519PublicKey:
    """The public key of a Multikey. Raises `ValueError`."""
    data = base58.b58decode(written[1:]) if written[:1] == "z" and len(written) < 100 else b""
    if data[:2] != _PUBLIC:
        raise ValueError(f"{written[:100]!r} is no Ed25519 key as Multikey writes it")
    return Ed25519PublicKey.from_public_bytes(data[2:])


def signer(settings: Settings) -> Signer:
    """The key that signs. Raises `SettingError`."""
    given = settings.signing_key.get_secret_value().strip() if settings.signing_key is not None else ""
    if given.startswith("hook:"):
        return _hooked(given.removeprefix("hook:"))
    if given:
        return _Held(_given(given))
    kept = _folder(settings) / _KEPT
    return _Held(_of_file(kept) if kept.exists() else _of_file(_made(settings)))


def is_generated(settings: Settings) -> bool:
    """Whether the key is one that was made because there was none."""
    return settings.signing_key is None and not (_folder(settings) / _KEPT).exists()


def replace(settings: Settings) -> Signer:
    """A new key in the data folder; the one that was there is gone. Raises `SettingError`."""
    if settings.signing_key is not None:
        raise SettingError(
            "CAIRN_SIGNING_KEY names the key: put a new one there and start again; "
            "the old one stays listed until it is compromised"
        )
    folder = _folder(settings)
    new = folder / f".{_KEPT}.{secrets.token_hex(4)}"
    _write(new, Ed25519PrivateKey.generate())
    new.replace(folder / _KEPT)
    (folder / _GENERATED).unlink(missing_ok=True)
    return signer(settings)


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "keys"


def _made(settings: Settings) -> Path:
    """The file of the generated key; the first process that asks makes it."""
    path = _folder(settings) / _GENERATED
    if not path.exists():
        new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        _write(new, Ed25519PrivateKey.generate())
        try:
            os.link(new, path)  # whole or not at all, and not over another's
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return path


def _write(path: Path, key: Ed25519PrivateKey) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())


def _of_file(path: Path) -> Ed25519PrivateKey:
    try:
        return _read(path.read_text(encoding="ascii"), str(path))
    except (OSError, ValueError):
        raise SettingError(f"the signing key {path} cannot be read: check who owns it") from None


def _given(given: str) -> Ed25519PrivateKey:
    if given.startswith(("-----BEGIN", "z3u2")):
        return _read(given, "CAIRN_SIGNING_KEY")
    return _of_file(Path(given))


def _read(written: str, where: str) -> Ed25519PrivateKey:
    """The key that is written there, in either way; what is wrong with it is told without quoting it."""
    written = written.strip()
    try:
        if written.startswith("-----BEGIN"):
            key = load_pem_private_key(written.encode(), None)
            if isinstance(key, Ed25519PrivateKey):
                return key
        elif written.startswith("z"):
            data = base58.b58decode(written[1:])
            if data[:2] == _PRIVATE:
                return Ed25519PrivateKey.from_private_bytes(data[2:])
    except (ValueError, TypeError, UnsupportedAlgorithm):
        pass  # it may quote the key
    raise SettingError(
        f"{where}: it is no Ed25519 private key, as PEM (PKCS #8, no password) or as multibase (z3u2…)"
    )


def _hooked(name: str) -> Signer:
    module, _, function = name.partition(":")
    try:
        found = cast("Callable[[], Signer]", getattr(import_module(module), function))()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise SettingError(
            f"CAIRN_SIGNING_KEY: hook:{name} does not lead to a function that returns a signer "
            f"({type(error).__name__})"
        ) from None
    if not isinstance(getattr(found, "public", None), bytes) or len(found.public) != 32:
        raise SettingError(f"CAIRN_SIGNING_KEY: what hook:{name} returns has no public key of 32 bytes")
    return found
