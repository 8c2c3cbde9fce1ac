"""The key that signs: where it is kept, who can read it, and what is said of one that makes no sense."""

import base64
import os
import stat
import threading

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cairn.credentials import keys
from cairn.settings import SettingError, Settings

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
MULTIBASE = "z" + base58.b58encode(b"\x80\x26" + bytes(range(32))).decode()
PUBLIC = keys.multibase(KEY.public_key().public_bytes_raw())


@pytest.fixture(autouse=True)
def _without_a_key(monkeypatch):
    monkeypatch.delenv("CAIRN_SIGNING_KEY", raising=False)


@pytest.mark.parametrize("written", [PEM, MULTIBASE])
def test_a_key_is_given_as_a_value_or_as_a_file(written, tmp_path):
    file = tmp_path / "key"
    file.write_text(written)
    for given in (written, str(file)):
        settings = Settings(signing_key=given, data_dir=tmp_path / "data")
        signer = keys.signer(settings)
        assert keys.multibase(signer.public) == PUBLIC
        KEY.public_key().verify(signer.sign(b"something"), b"something")
        assert not keys.is_generated(settings)
        assert not settings.data_dir.exists()


def test_a_key_is_made_where_there_is_none_and_only_its_owner_can_read_it(tmp_path):
    settings = Settings(data_dir=tmp_path)
    before = os.umask(0)
    try:
        signer = keys.signer(settings)
    finally:
        os.umask(before)
    [file] = (tmp_path / "keys").iterdir()
    assert file.name == "signing.generated.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert keys.signer(settings).public == signer.public, "it is made once"
    assert keys.is_generated(settings)


def test_of_many_that_make_the_first_key_one_wins(tmp_path):
    settings = Settings(data_dir=tmp_path)
    found, start = [], threading.Barrier(8)

    def make():
        start.wait()
        found.append(keys.signer(settings).public)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [each.name for each in (tmp_path / "keys").iterdir()] == ["signing.generated.pem"]


def test_a_new_key_takes_the_place_of_the_old_one_which_is_gone(tmp_path):
    settings = Settings(data_dir=tmp_path)
    first = keys.signer(settings)
    second = keys.replace(settings)
    third = keys.replace(settings)
    assert len({first.public, second.public, third.public}) == 3
    assert keys.signer(settings).public == third.public
    assert [each.name for each in (tmp_path / "keys").iterdir()] == ["signing.pem"]
    assert not keys.is_generated(settings), "somebody asked for it"


def test_a_key_of_the_environment_is_replaced_there(tmp_path):
    with pytest.raises(SettingError, match="CAIRN_SIGNING_KEY names the key: put a new one there"):
        keys.replace(Settings(signing_key=PEM, data_dir=tmp_path))


class Hook:
    """A key in a hardware module."""

    def __init__(self, public=None):
        self.public = public or KEY.public_key().public_bytes_raw()

    def sign(self, data):
        return KEY.sign(data)


def a_hook():
    return Hook()


def no_hook():
    return Hook(b"short")


def test_a_hook_signs():
    signer = keys.signer(Settings(signing_key=f"hook:{__name__}:a_hook"))
    assert keys.multibase(signer.public) == PUBLIC


X25519 = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
WRONG = {
    "another curve": X25519,
    "half a key": PEM[:60],
    "a public key": PUBLIC,
    "no multibase": "z3u2" + "0" * 40,
    "no file": "/nowhere/at/all",
    "no hook": "hook:nothing.at.all:signer",
    "no function": "hook:json:signer",
    "a hook without a key": f"hook:{__name__}:no_hook",
}


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG)
def test_a_key_that_makes_no_sense_is_refused_and_not_quoted(given):
    with pytest.raises(SettingError) as refused:
        keys.signer(Settings(signing_key=given))
    assert str(refused.value).endswith(("(z3u2…)", "who owns it", "Error)", "of 32 bytes"))
    assert not {PEM[40:80], X25519[40:80], given[8:40]} & set(str(refused.value).split())


def test_a_signer_does_not_show_its_key(tmp_path):
    settings = Settings(signing_key=PEM, data_dir=tmp_path)
    shown = f"{keys.signer(settings)!r} {settings!r}"
    secret = bytes(range(32))
    for form in (secret.hex(), base64.b64encode(secret).decode(), MULTIBASE, PEM[40:80]):
        assert form not in shown
    assert PUBLIC in shown


@pytest.mark.parametrize("written", ["", "z", "z6Mk", "u6Mk", MULTIBASE, "z" + "1" * 99])
def test_what_is_no_public_key(written):
    with pytest.raises(ValueError, match="no Ed25519 key"):
        keys.public_key(written)
