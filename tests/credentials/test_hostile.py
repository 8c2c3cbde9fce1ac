"""Who checks credentials is sent anything: what is odd is refused with a reason, soon, and asks nobody."""

import asyncio
import base64
import copy
import gzip
import json
import time
import zlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cairn.credentials import fetch, keys, proof, status, verify
from cairn.credentials.contexts import CREDENTIALS, OPEN_BADGES
from cairn.credentials.picture import KEYWORD, PNG, Badge, bake_png, bake_svg, drawn
from cairn.credentials.report import Unavailable, Unreadable, read
from credentials.test_fetch import answering, ok
from credentials.test_verify import Known


class Anybody:
    """A key of somebody's own: with a did:key everybody is an issuer."""

    def __init__(self):
        self._key = Ed25519PrivateKey.generate()
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, data):
        return self._key.sign(data)


SIGNER = Anybody()
KEY = keys.multibase(SIGNER.public)
DID = f"did:key:{KEY}"
METHOD = f"{DID}#{KEY}"
NOW = datetime.now(UTC)
BARE = {
    "@context": [CREDENTIALS, OPEN_BADGES],
    "id": "urn:uuid:3d1f0f7e-6a2b-4c0d-9a51-2f4f8f1f0c11",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"id": DID, "type": ["Profile"], "name": "Anybody"},
    "validFrom": "2024-01-01T00:00:00Z",
    "name": "A badge",
    "credentialSubject": {
        "type": ["AchievementSubject"],
        "id": "did:example:1",
        "achievement": {
            "id": "urn:uuid:1",
            "type": ["Achievement"],
            "name": "A badge",
            "description": "Of no worth",
            "criteria": {"narrative": "None"},
        },
    },
}
SIGNED = proof.secured(BARE, SIGNER, METHOD, NOW)


def part(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(claims, **header):
    """A JWT that is signed, whatever is in it."""
    body = f"{part({'alg': 'EdDSA', 'kid': METHOD, **header})}.{part(claims)}"
    return f"{body}.{part(SIGNER.sign(body.encode()))}"


class Asked(Known):
    """A network that remembers what it was asked for."""

    def __init__(self, *documents, **more):
        super().__init__(*documents, **more)
        self.asked = []

    async def did(self, did):
        self.asked.append(did)
        return await super().did(did)

    async def get(self, url):
        self.asked.append(url)
        return await super().get(url)


async def refused(given, sources=None):
    """What is said against it, by check; None where there is no credential in it."""
    data = (
        given
        if isinstance(given, bytes)
        else (given if isinstance(given, str) else json.dumps(given)).encode()
    )
    try:
        report = await verify.verify(data, sources or Known())
    except Unreadable as error:
        return {"file": str(error)}
    json.dumps(report.as_json()).encode()
    return {each.name: each.says for each in report.problems}


async def test_what_is_made_odd_here_verifies_as_it_is():
    assert await refused(SIGNED) == await refused(jwt(BARE)) == {}


def paths(node, path=()):
    """Where everything in a document stands."""
    if path:
        yield path
    for key, value in (
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    ):
        yield from paths(value, (*path, key))


GONE = object()
ODD = (
    GONE,
    None,
    True,
    10**400,
    -1,
    "",
    "\0",
    "z",
    [],
    [[]],
    {},
    {"id": {}},
    ["x", 7],
    {"@value": 1},
    "did:key:z",
)


def changed(document, path, value):
    found = copy.deepcopy(document)
    node = found
    for step in path[:-1]:
        node = node[step]
    if value is GONE:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return found


STATUS = {
    "id": "https://example.com/1",
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": "https://example.com/list",
}


@pytest.mark.parametrize("form", ["json", "jwt"])
async def test_whatever_stands_wherever_there_is_a_report(form):
    """Signed by its issuer too, as it is: what a signature protects may be nonsense."""
    document = {**BARE, "credentialStatus": STATUS, "validUntil": "2999-01-01T00:00:00Z"}
    document |= (
        {"proof": SIGNED["proof"][0]} if form == "json" else {"nbf": 1_704_067_200, "exp": 32_472_144_000}
    )
    for path in paths(document):
        for value in ODD:
            odd = changed(document, path, value)
            told = await refused(jwt(odd) if form == "jwt" else odd)
            assert told or form == "jwt", (path, value)


@pytest.mark.parametrize(
    ("token", "check"),
    {
        "none": (f"{part({'alg': 'none', 'kid': METHOD})}.{part(BARE)}.AA", "signature"),
        "none, and no signature": (f"{part({'alg': 'none', 'kid': METHOD})}.{part(BARE)}.", "file"),
        "of a secret": (jwt(BARE, alg="HS256"), "signature"),
        "of another kind": (jwt(BARE, alg="RS256"), "signature"),
        "several": (jwt(BARE, alg=["EdDSA"]), "signature"),
        "something more": (jwt(BARE, crit=["exp"]), "signature"),
        "not encoded": (jwt(BARE, b64=False, crit=["b64"]), "signature"),
        "a key elsewhere": (jwt(BARE, kid="did:web:evil.example#1"), "issuer"),
        "a key at an address": (jwt(BARE, kid="https://evil.example/key"), "issuer"),
        "no key": (jwt(BARE, kid=None), "issuer"),
        "deep": (f"{part(b'[' * 100_000)}.{part(BARE)}.AA", "issuer"),
        "no end of time": (jwt({**BARE, "nbf": 1e300}), "signature"),
        "another's claims": (jwt({**BARE, "iss": "did:web:bank.example"}), "signature"),
    }.values(),
)
async def test_a_jwt_whose_header_asks_for_something_else_is_refused(token, check):
    sources = Asked()
    assert check in await refused(token, sources)
    assert sources.asked == []


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c"])
async def test_a_key_that_a_jwt_brings_along_is_not_looked_at(name):
    """Neither fetched nor used: the key is the one of the issuer."""
    other = Anybody()
    key = {"kty": "OKP", "crv": "Ed25519", "x": part(other.public)}
    value = key if name == "jwk" else [part(other.public)] if name == "x5c" else "https://evil.example/keys"
    body = f"{part({'alg': 'EdDSA', 'kid': METHOD, name: value})}.{part(BARE)}"
    sources = Asked()
    assert "signature" in await refused(f"{body}.{part(other.sign(body.encode()))}", sources)
    assert sources.asked == []


ACHIEVEMENT = ("credentialSubject", "achievement")
INNER = BARE["credentialSubject"]["achievement"]
RENAMED = {name: value for name, value in INNER.items() if name != "name"} | {"nom": INNER["name"]}


@pytest.mark.parametrize(
    ("given", "check", "says"),
    {
        "said twice": (json.dumps(SIGNED)[:-1] + ', "name": "Another"}', "file", "says 'name' twice"),
        "half a character": (json.dumps({**SIGNED, "name": "\ud800"}), "file", "not JSON"),
        "half a character in a JWT": (jwt({**BARE, "name": "\ud800"}), "file", "not JSON"),
        "more than a number": (
            json.dumps({**SIGNED, "n": 1}).replace('"n": 1', '"n": 1e999'),
            "signature",
            "",
        ),
        "its own words inside": (
            changed(SIGNED, ACHIEVEMENT, {**RENAMED, "@context": {"nom": "https://schema.org/name"}}),
            "structure",
            "defined anew, further inside",
        ),
        "other words inside": (
            changed(SIGNED, (*ACHIEVEMENT, "@context"), CREDENTIALS),
            "structure",
            "defined anew, further inside",
        ),
        "protected words": (
            {**SIGNED, "@context": [*BARE["@context"], {"issuer": "https://evil.example/issuer"}]},
            "structure",
            "defined inside the document",
        ),
        "no end of contexts": ({**SIGNED, "@context": [CREDENTIALS] * 9_999}, "structure", "more than 20"),
        "no end of values": ({**SIGNED, "type": BARE["type"] * 99_999}, "structure", "more than 20000"),
        "no end of one": (
            {**SIGNED, "evidence": [{"id": f"urn:{n}", "type": ["Evidence"]} for n in range(600)]},
            "signature",
            "more than 500 values",
        ),
        "no end of one, here and there": (
            {**SIGNED, "evidence": [{"id": "urn:1", "type": ["Evidence", f"urn:{n}"]} for n in range(400)]},
            "signature",
            "more than 500 values",
        ),
        "two subjects": ({**SIGNED, "credentialSubject": [SIGNED["credentialSubject"]] * 2}, "schema", ""),
        "a list": (json.dumps([[[SIGNED]]]), "file", "neither JSON"),
        "very deep": ("[" * 1_000_000, "file", "neither JSON"),
        "no end of statuses": ({**SIGNED, "credentialStatus": [STATUS] * 9}, "status", "more than 8"),
    }.values(),
)
async def test_letters_that_could_be_read_otherwise_or_for_ever_are_refused(given, check, says):
    begun = time.monotonic()
    sources = Asked()
    assert says in (await refused(given, sources))[check]
    assert time.monotonic() - begun < 5
    assert sources.asked == []


async def test_who_reads_long_keeps_nobody_else_waiting(monkeypatch):
    monkeypatch.setattr(verify, "_check_schema", lambda *_: time.sleep(0.5))
    checking = asyncio.create_task(refused(SIGNED))
    turns = 0
    while not checking.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 10


# Pictures

BADGE = Badge("A badge", "Badge", "Somebody")


def chunk(kind, data):
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def baked(*texts, compressed=0, after=b""):
    """A PNG with those texts in it, and what stands after its end."""
    start = drawn(BADGE, "png").removesuffix(chunk(b"IEND", b""))
    chunks = (chunk(b"iTXt", KEYWORD + bytes([0, compressed, 0, 0, 0]) + text) for text in texts)
    return start + b"".join(chunks) + chunk(b"IEND", b"") + after


WHOLE = json.dumps(SIGNED).encode()
SVG = bake_svg(drawn(BADGE, "svg"), WHOLE.decode())
MARK = '<openbadges:credential xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0">'


@pytest.mark.parametrize(
    ("picture", "says"),
    {
        "two": (baked(WHOLE, WHOLE), "several credentials"),
        "a bomb": (baked(zlib.compress(b" " * 50_000_000), compressed=1), "compressed"),
        "after its end": (
            baked(after=chunk(b"iTXt", KEYWORD + b"\0\0\0\0\0" + WHOLE)),
            "no credential in it",
        ),
        "two files in one": (baked(after=WHOLE), "no credential in it"),
        "cut off": (bake_png(drawn(BADGE, "png"), WHOLE.decode())[:-40], "ends in the middle"),
        "a length that is none": (PNG + b"\xff\xff\xff\xffiTXt" + WHOLE, "ends in the middle"),
        "no end of chunks": (PNG + chunk(b"teSt", b"") * 400_000, "no credential in it"),
        "two in an SVG": (
            SVG.replace(b"</svg>", f"{MARK}{{}}</openbadges:credential></svg>".encode()),
            "several",
        ),
        "entities": (b'<!DOCTYPE svg [<!ENTITY a "&a;&a;">]><svg>&a;</svg>', "entities"),
        "an entity of a file": (
            b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
            "entities",
        ),
        "never closed": (b"<svg>" + b"<openbadges:credential>" * 200_000, "well-formed"),
        "never opened": (b"<svg " + b"<openbadges:credential" * 200_000, "well-formed"),
        "no end of data": (b"<svg><openbadges:credential>" + b"<![CDATA[" * 500_000, "well-formed"),
    }.values(),
)
def test_a_picture_that_is_none_or_more_than_one_is_refused(picture, says):
    begun = time.monotonic()
    with pytest.raises(Unreadable, match=says):
        read(picture)
    assert time.monotonic() - begun < 3


def test_a_credential_in_an_svg_is_read_as_xml_has_it():
    text = WHOLE.decode().replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    for mark, inside in (
        (MARK, text),
        (MARK.replace("openbadges", "ob"), f"\n<![CDATA[{WHOLE.decode()}]]>\n"),
    ):
        name = mark[1:].partition(" ")[0]
        given = (
            f'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd"><svg>{mark}{inside}</{name}></svg>'
        )
        assert read(given.encode())[0] == SIGNED


# Status lists


def listing(*, bits=None, **changes):
    """A status list of the issuer, signed."""
    url = STATUS["statusListCredential"]
    subject = {
        "id": f"{url}#list",
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": bits or status.encoded([], status.ENTRIES),
    }
    found = {
        "@context": [CREDENTIALS],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": DID,
        "validFrom": "2024-01-01T00:00:00Z",
        "credentialSubject": subject | changes.pop("subject", {}),
    }
    kept = {name: each for name, each in {**found, **changes}.items() if each is not None}
    return proof.secured(kept, SIGNER, METHOD, NOW)


def packed(count):
    return "u" + part(gzip.compress(bytes(count)))


LISTS = {
    "as it should be": (listing(), None),
    "without a date": (listing(validFrom=None), None),
    "revoked": (listing(bits=status.encoded([7], status.ENTRIES)), "Its issuer has revoked it"),
    "there for something else": (
        listing(subject={"statusPurpose": "suspension"}),
        "there for something else",
    ),
    "too short": (listing(bits=packed(100)), "has 800 entries"),
    "a bomb": (listing(bits=packed(100_000_000)), "unfolds to more than"),
    "not packed": (listing(bits="u" + part(bytes(status.ENTRIES // 8))), "cannot be unpacked"),
    "another alphabet": (listing(bits="z" + packed(16_384)[1:]), "does not begin with u"),
    "another's": (listing(issuer="did:web:evil.example"), "another issuer's"),
    "of yesterday": (listing(validUntil="2024-01-02T00:00:00Z"), "has expired"),
    "changed": ({**listing(), "name": "x"}, "the list itself does not hold"),
    "not signed": ({name: each for name, each in listing().items() if name != "proof"}, "no proof"),
    "no list": (SIGNED, "no status list"),
}


@pytest.mark.parametrize(("found", "says"), LISTS.values(), ids=LISTS)
async def test_a_status_list_is_checked_as_what_it_is(found, says):
    given = proof.secured({**BARE, "credentialStatus": STATUS}, SIGNER, METHOD, NOW)
    told = await refused(given, Known(**{STATUS["statusListCredential"]: found}))
    assert (told == {}) if says is None else says in told["status"], told


@pytest.mark.parametrize("index", ["131072", "-1", "1e3", "7" * 5_000, [7], None])
async def test_a_position_that_is_none_is_refused(index):
    document = {**BARE, "credentialStatus": {**STATUS, "statusListIndex": index}}
    told = await refused(jwt(document), Known(**{STATUS["statusListCredential"]: listing()}))
    assert "cannot be read" in told["status"]


# What is fetched


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:example.com", "https://example.com/.well-known/did.json"),
        ("did:web:example.com%3A8443", "https://example.com:8443/.well-known/did.json"),
        ("did:web:example.com:people:ann", "https://example.com/people/ann/did.json"),
        ("did:web:example.com:caf%C3%A9", "https://example.com/caf%C3%A9/did.json"),
        ("did:web:xn--bcher-kva.example", "https://xn--bcher-kva.example/.well-known/did.json"),
        *(
            (did, None)
            for did in (
                "did:web:",
                "did:web:bank.example:login?next=https:%2F%2Fevil.example%2F",
                "did:web:bank.example?next=x",
                "did:web:bank.example%2Fopen",
                "did:web:bank.example:open%2Fhttps%3A%2F%2Fevil.example",
                "did:web:bank.example:%3Fnext%3Dx",
                "did:web:bank.example:..:x",
                "did:web:bank.example:%2E%2E:x",
                "did:web:bank.example:a%0Ab",
                "did:web:bank.example%40evil.example",
                "did:web:me@evil.example",
                "did:web:bank.example%3A99999999",
                "did:web:bank.example::x",
                "did:web:10.0.0.1",
                "did:web:127.0.0.1%3A8000",
                "did:web:2130706433",
                "did:web:%5B%3A%3A1%5D",
                "did:web:b\u00e4nk.example",
            )
        ),
    ],
)
async def test_a_did_leads_into_a_folder_of_its_host_and_nowhere_else(did, url, monkeypatch):
    asked = []

    async def get(_self, address):
        asked.append(address)
        return json.dumps({"id": did}).encode()

    monkeypatch.setattr(fetch.Web, "get", get)
    if url is None:
        with pytest.raises(Unavailable, match="no did:web"):
            await fetch.Web().did(did)
    else:
        await fetch.Web().did(did)
    assert asked == ([url] if url else [])


async def test_who_answers_by_drips_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(fetch, "SECONDS", 0.4)

    async def drip(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(100):
            writer.write(b" ")
            await asyncio.sleep(0.05)

    begun = time.monotonic()
    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        with pytest.raises(Unavailable, match="in time"):
            await fetch.Web(anywhere=True).get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert time.monotonic() - begun < 3


@pytest.mark.parametrize("location", ["https://[", "http://[::1", "https://a\0b/", "https://x:99999/"])
async def test_where_a_redirect_leads_may_be_no_address(location):
    move = f"HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
    async with answering(move) as (address, _):
        with pytest.raises(Unavailable):
            await fetch.Web(anywhere=True).get(address)


async def test_a_credential_has_not_the_whole_world_asked(monkeypatch):
    monkeypatch.setattr(fetch, "MOST_ADDRESSES", 2)
    async with answering(ok("1"), ok("2"), ok("3")) as (address, asked):
        web = fetch.Web(anywhere=True)
        for path in ("/1", "/2", "/1"):
            await web.get(f"{address}{path}")
        with pytest.raises(Unavailable, match="more than 2"):
            await web.get(f"{address}/3")
        assert len(asked) == 2


async def test_all_answers_together_have_a_bound(monkeypatch):
    monkeypatch.setattr(fetch, "MOST_TOGETHER", 1_500)
    async with answering(*[ok("x" * 1_000)] * 2) as (address, _):
        web = fetch.Web(anywhere=True)
        await web.get(f"{address}/1")
        with pytest.raises(Unavailable, match="more than can be read"):
            await web.get(f"{address}/2")


# PDF


def pdf(*files, about=b"/Filter/FlateDecode", pack=zlib.compress):
    """A PDF with files attached, as far as anybody looks who wants these alone."""
    objects = [
        b"%d 0 obj\n<</Length 9/Type/EmbeddedFile" % n
        + about
        + b">>\nstream\n"
        + pack(each)
        + b"\nendstream\nendobj\n"
        for n, each in enumerate(files, 1)
    ]
    return (
        b"%PDF-1.7\n%\x80\x80\x80\x80\n"
        + b"".join(objects)
        + b"<</Type/Catalog/Names<</EmbeddedFiles 9 0 R>>>>"
    )


ONE = b'{"@context": ["a"], "id": "urn:x:1"}'


def test_a_credential_is_found_in_a_pdf():
    for given in (
        pdf(ONE),
        pdf(b"notes", ONE, b'{"no": "context"}'),
        pdf(ONE, ONE),
        pdf(ONE, about=b"", pack=bytes),
        pdf(b"garbage", about=b"/Filter/FlateDecode", pack=bytes) + pdf(ONE),
    ):
        assert read(given)[0]["id"] == "urn:x:1"
    token = b".".join(
        base64.urlsafe_b64encode(each).rstrip(b"=") for each in (b"{}", b'{"id": "urn:x:2"}', b"x")
    )
    assert read(pdf(token)) == ({"id": "urn:x:2"}, token.decode())


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (pdf(), "it is a PDF with no credential in it"),
        (pdf(b"notes"), "it is a PDF with no credential in it"),
        (pdf(ONE, about=b"/Filter/ASCIIHexDecode"), "it is a PDF with no credential in it"),
        (pdf(ONE)[:-60], "it is a PDF with no credential in it"),
        (pdf(ONE, ONE.replace(b"x:1", b"x:2")), "several credentials are attached to the PDF"),
        (pdf(b'{"@context": "' + b" " * 20_000_000), "it is a PDF with no credential in it"),
        (b"%PDF-" + b"/EmbeddedFile" * 300_000, "it is a PDF with no credential in it"),
        (b"PK\x03\x04\x80\xff", "it is neither JSON, a JWT, nor a picture or a PDF with a credential in it"),
    ],
)
def test_a_pdf_that_has_none_says_so_soon(given, why):
    before = time.monotonic()
    with pytest.raises(Unreadable, match=why):
        read(given)
    assert time.monotonic() - before < 2
