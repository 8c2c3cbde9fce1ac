"""What others signed is checked for what it is: the published examples verify, a broken one says why."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from cairn.credentials import verify
from cairn.credentials.picture import Badge, bake_png, bake_svg, drawn
from cairn.credentials.report import Result, Unavailable, Unreadable, read

EXAMPLES = Path(__file__).parent / "examples"


def example(name):
    return json.loads((EXAMPLES / f"{name}.json").read_text())


P2, P3 = example("signed_badge_example-p2"), example("signed_badge_example-p3")
ASSERTION, BADGE, ISSUER = (example(f"2_0_basic_{each}") for each in ("assertion", "badgeclass", "issuer"))


class Known:
    """A network of a few addresses."""

    def __init__(self, *documents, **more):
        self.found = {each["id"]: each for each in documents} | more

    async def did(self, did):
        raise Unavailable(f"{did} does not answer")

    async def trusts(self, _issuer):
        return None

    async def get(self, url):
        if url not in self.found:
            raise Unavailable(f"{url} does not answer")
        return json.dumps(self.found[url]).encode()


async def checked(document, sources=None):
    """Which checks did not pass, with what they say."""
    report = await verify.verify(json.dumps(document).encode(), sources or Known())
    failed = {
        each.name: each.says
        for each in report.checks
        if each.name != "trusted" and each.result not in {Result.PASSED, Result.NOTHING}
    }
    assert report.is_verified == (not failed)
    return failed


PUBLISHED = ("signed_badge_example-p2", "signed_badge_example-p3", "plugfest-1-ex-1", "plugfest-1-ex-2")


@pytest.mark.parametrize("name", PUBLISHED)
async def test_the_published_examples_verify(name):
    assert await checked(example(name)) == {}


@pytest.mark.parametrize("name", PUBLISHED)
async def test_a_published_example_that_was_changed_does_not(name):
    document = example(name)
    document["credentialSubject"]["achievement"]["name"] += " twice"
    assert CHANGED in (await checked(document))["signature"]


@pytest.mark.parametrize("form", ["png", "svg"])
async def test_one_in_a_picture_verifies(form):
    bake = bake_png if form == "png" else bake_svg
    picture = bake(drawn(Badge("A badge", "Badge", "Somebody"), form), json.dumps(P2))
    assert (await verify.verify(picture, Known())).is_verified


def without(document, *names):
    return {name: value for name, value in document.items() if name not in names}


SUBJECT = P2["credentialSubject"]
INSIDE = {
    **SUBJECT,
    "achievement": {**SUBJECT["achievement"], "id": P2["id"], "expirationDate": "2999-01-01"},
}
CHANGED = "Something was changed since it was signed"
BROKEN = {
    "a changed name": ({**P2, "name": "Mine"}, "signature", CHANGED),
    "another holder": ({**P2, "credentialSubject": {**SUBJECT, "id": "did:key:9"}}, "signature", CHANGED),
    "no proof": (without(P2, "proof"), "issuer", "has no proof"),
    "a proof of tomorrow": (
        {**P2, "proof": {**P2["proof"], "type": "Tomorrow"}},
        "issuer",
        "Its proof Tomorrow is not known here",
    ),
    "another's key": (
        {**P2, "proof": {**P2["proof"], "verificationMethod": P3["proof"]["verificationMethod"]}},
        "issuer",
        "It names the issuer",
    ),
    "a proof for something else": (
        {**P2, "proof": {**P2["proof"], "proofPurpose": "authentication"}},
        "signature",
        "not made to assert",
    ),
    "a property besides": ({**P2, "salary": 7}, "signature", "salary: no context defines it"),
    "no issuer": (without(P2, "issuer"), "structure", "issuer: it is missing"),
    "no type": ({**P2, "type": ["OpenBadgeCredential"]}, "structure", "VerifiableCredential"),
    "terms of its own": (
        {**P2, "@context": [*P2["@context"], {"name": "https://example.com/name"}]},
        "structure",
        "terms are defined inside",
    ),
    "a term by its address": (
        {**P2, "https://www.w3.org/2018/credentials#expirationDate": "2020-01-01T00:00:00Z"},
        "structure",
        "not a plain term",
    ),
    "itself a second time": ({**P2, "credentialSubject": INSIDE}, "structure", "a second time"),
    "over": ({**P2, "expirationDate": "2023-01-01T00:00:00Z"}, "dates", "It has expired"),
    "to come": ({**P2, "issuanceDate": "2999-01-01T00:00:00Z"}, "dates", "It does not hold yet"),
    "no date": ({**P2, "issuanceDate": "soon"}, "dates", "soon is no date"),
    "a status of another kind": (
        {**P2, "credentialStatus": {"id": "https://example.com/1", "type": "Own"}},
        "status",
        "its kind is not known",
    ),
    "a status that does not answer": (
        {
            **P2,
            "credentialStatus": {
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "1",
                "statusListCredential": "https://example.com/list",
            },
        },
        "status",
        "does not answer",
    ),
}


@pytest.mark.parametrize(("document", "check", "says"), BROKEN.values(), ids=BROKEN)
async def test_each_broken_one_says_what_is_broken(document, check, says):
    failed = await checked(document)
    assert says in failed[check], failed


# Open Badges 2.0


async def test_a_hosted_badge_is_true_because_its_issuer_says_the_same():
    assert await checked(ASSERTION, Known(ASSERTION, BADGE, ISSUER)) == {}


REVOKED = {"@context": ASSERTION["@context"], "id": ASSERTION["id"], "revoked": True}
HOSTED = {
    "nobody answers": (ASSERTION, (), "issuer", "does not answer"),
    "its own copy is gone": (ASSERTION, (BADGE, ISSUER), "signature", "does not answer"),
    "its own copy is another's": (
        {**ASSERTION, "recipient": {**ASSERTION["recipient"], "identity": "me@example.com"}},
        (ASSERTION, BADGE, ISSUER),
        "signature",
        "says otherwise: recipient",
    ),
    "revoked": (ASSERTION, (REVOKED, BADGE, ISSUER), "status", "Its issuer has revoked it"),
    "hosted elsewhere": (
        {**ASSERTION, "id": "https://evil.example/1"},
        ({**ASSERTION, "id": "https://evil.example/1"}, BADGE, ISSUER),
        "signature",
        "hosts no badges",
    ),
    "over": (
        {**ASSERTION, "expires": "2017-01-01T00:00:00Z"},
        ({**ASSERTION, "expires": "2017-01-01T00:00:00Z"}, BADGE, ISSUER),
        "dates",
        "It has expired",
    ),
    "no recipient": (without(ASSERTION, "recipient"), (), "structure", "recipient: it is missing"),
    "a badge without a name": (
        ASSERTION,
        (ASSERTION, without(BADGE, "name"), ISSUER),
        "issuer",
        "Name: it is missing from the BadgeClass",
    ),
}


@pytest.mark.parametrize(("document", "known", "check", "says"), HOSTED.values(), ids=HOSTED)
async def test_each_broken_hosted_one_says_what_is_broken(document, known, check, says):
    failed = await checked(document, Known(*known))
    assert says in failed[check], failed


# What is no credential


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "neither JSON"),
        (b"hello", "neither JSON"),
        (b"{", "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a":' * 100_000, "not JSON"),
        (b"\xff\xfe", "neither JSON"),
        (b"a.b.c", "looks like a JWT"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 11, "a picture with no credential"),
        (b"<svg></svg>", "a picture with no credential"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "entities"),
        (b" " * 5_000_001, "larger than 5 MB"),
    ],
)
def test_what_is_no_credential(data, says):
    with pytest.raises(Unreadable, match=says):
        read(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@how(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(sorted({*P2, *ASSERTION, "credentialStatus", "validFrom"})), VALUES, st.booleans())
async def test_whatever_stands_in_it_there_is_a_report(name, value, hosted):
    document = ASSERTION if hosted else P2
    report = await verify.verify(json.dumps({**document, name: value}).encode(), Known(BADGE, ISSUER))
    assert report.checks
