"""What others sign: endorsements, credentials from outside, many at once; and records of many in one."""

import copy
import json
from datetime import timedelta
from pathlib import Path

import base58
import pytest
from httpx2 import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import select, text
from typer.testing import CliRunner

from cairn.__main__ import main
from cairn.credentials import keys, proof, verify
from cairn.credentials.brought import check_again
from cairn.credentials.picture import Badge, bake_png, drawn
from cairn.credentials.report import Result
from cairn.credentials.tables import OutsideCredential
from cairn.db.ranges import now
from cairn.settings import settings
from credentials.earning import REVOKE, assess, award_of, define
from portfolios.making import LATER, SHARE
from portfolios.making import REVOKE as REVOKE_SHARE
from web.conftest import SITE
from web.test_credentials import BROWSER

ENDORSE = """
mutation ($input: EndorseAwardInput!) {
  endorseAward(input: $input) { __typename ... on Endorsement { id name comment } ... on Refusal { message } }
}
"""
BRING_ENDORSEMENT = """
mutation ($input: BringEndorsementInput!) {
  bringEndorsement(input: $input) {
    __typename ... on Endorsement { id name comment state } ... on Refusal { message }
  }
}
"""
WITHDRAW = (
    "mutation ($input: WithdrawEndorsementInput!) { withdrawEndorsement(input: $input) { __typename } }"
)
BRING = """
mutation ($input: BringCredentialInput!) {
  bringCredential(input: $input) {
    __typename ... on OutsideCredential { id name issuer state } ... on Refusal { message }
  }
}
"""
KNOWN = """
query ($id: ID!) {
  node(id: $id) {
    ... on OutsideCredential {
      state form name issuerName checks trusted { name }
      evidence { nodes { source level note withdrawnReason skill { name } } }
    }
    ... on Endorsement { state document checks url }
  }
}
"""
TRUST = """
mutation ($input: TrustIssuerInput!) {
  trustIssuer(input: $input) { __typename ... on TrustedIssuer { id } ... on Refusal { message } }
}
"""
DISTRUST = "mutation ($input: DistrustIssuerInput!) { distrustIssuer(input: $input) { __typename } }"
ACCEPT = """
mutation ($input: AcceptCredentialInput!) {
  acceptCredential(input: $input) { __typename ... on Refusal { message } }
}
"""
RECORD = """
mutation ($input: SignRecordInput!) {
  signRecord(input: $input) {
    __typename
    ... on LearnerRecord { id members document jwt award { id } }
    ... on Refusal { message }
  }
}
"""
UNIVERSITY = "z" + base58.b58encode(b"\x80\x26" + bytes(range(1, 33))).decode()


def university():
    """An issuer outside, whose key is its name: its signer, its DID, and the URL of its key."""
    signer = keys.signer(settings().model_copy(update={"signing_key": SecretStr(UNIVERSITY)}))
    public = keys.multibase(signer.public)
    return signer, f"did:key:{public}", f"did:key:{public}#{public}"


def signed_outside(document, **changes):
    """A document of ours as the university would have issued it."""
    signer, did, method = university()
    found = {name: value for name, value in document.items() if name not in {"proof", "credentialStatus"}}
    found |= {"issuer": {"id": did, "type": ["Profile"], "name": "The University"}, **changes}
    return proof.secured(copy.deepcopy(found), signer, method, now())


def endorsement(subject, comment="We teach the same.", **more):
    """What the university signs."""
    return signed_outside(
        {
            "@context": [
                "https://www.w3.org/ns/credentials/v2",
                "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
            ],
            "id": "urn:uuid:7f0a6f1e-4c2b-4d51-9c2a-0b8f6c1d2e3f",
            "type": ["VerifiableCredential", "EndorsementCredential"],
            "name": "Endorsement",
            "description": "What a university says",
            "validFrom": "2025-01-01T00:00:00Z",
            "credentialSubject": {
                "id": subject,
                "type": ["EndorsementSubject"],
                "endorsementComment": comment,
            },
        },
        **more,
    )


def failed(report):
    return {each.name for each in report.problems}


async def test_what_a_colleague_says_is_signed_shown_and_withdrawn(site, award, ask, world):
    gid = f"Award:{award.removeprefix('/credentials/')}"
    ben, cleo = world.viewer("Ben"), world.viewer("Cleo")
    said = "Her joins are <fast>.\n\nMine were not."
    own = await ask.do(ENDORSE, {"award": gid, "comment": said}, viewer=cleo)
    assert own["message"] == "Nobody endorses what they were awarded themselves."
    made = await ask.do(ENDORSE, {"award": gid, "comment": said}, viewer=ben)
    assert made["name"] == "Ben Test, Engineer"
    again = await ask.do(ENDORSE, {"award": gid, "comment": said}, viewer=ben)
    assert again["__typename"] == "AlreadyEndorsed"
    path = f"/endorsements/{made['id'].removeprefix('Endorsement:')}"
    assert (await site.get(path)).status_code == 404, "it is not signed yet"
    before = (await site.get(award)).content
    await site.done()
    assert (await site.get(award)).content == before, "the award's own document is as it was"
    found = await site.get(path)
    assert found.headers["content-type"] == "application/vc+ld+json"
    document = found.json()
    assert document["id"] == site.address + path
    assert document["credentialSubject"] == {
        "id": site.address + award,
        "type": ["EndorsementSubject"],
        "endorsementComment": said,
    }
    report = await verify.verify(found.content, site.outside.own)
    assert report.is_verified, report.checks
    assert report.form == "Endorsement of Open Badges 3.0, Data Integrity"
    changed = {**document, "name": "Endorsement by the President"}
    assert failed(await verify.verify(json.dumps(changed).encode(), site.outside.own)) == {"signature"}
    page = (await site.get(award, BROWSER)).text
    assert "Her joins are &lt;fast&gt;." in page
    assert f'Ben Test, Engineer · <a href="{path}">signed</a>' in page
    assert (await ask.do(WITHDRAW, {"endorsement": made["id"], "reason": "No"}, viewer=ben))[
        "__typename"
    ] == "Endorsement"
    assert "Her joins" not in (await site.get(award, BROWSER)).text
    assert failed(await verify.verify(found.content, site.outside.own)) == {"status"}


async def test_what_a_body_outside_says_is_checked_first(site, award, ask, world):
    cleo, gid = world.viewer("Cleo"), f"Award:{award.removeprefix('/credentials/')}"
    good = endorsement(site.address + award)
    bad = {**good, "credentialSubject": {**good["credentialSubject"], "endorsementComment": "The very best."}}
    other = endorsement(f"{site.address}/credentials/another")
    for given, state in ((other, None), (bad, "REFUSED"), (good, "VERIFIED")):
        made = await ask.do(BRING_ENDORSEMENT, {"award": gid, "document": json.dumps(given)}, viewer=cleo)
        if state is None:
            assert "endorses something else" in made["message"]
            continue
        assert (made["name"], made["state"]) == ("The University", "CHECKING")
        await site.done()
        found = (await ask(KNOWN, {"id": made["id"]}))["node"]
        assert (found["state"], found["document"]) == (state, given)
    page = (await site.get(award, BROWSER)).text
    assert "We teach the same." in page
    assert "The University, from outside" in page
    assert "The very best." not in page


async def test_a_credential_from_outside_counts_where_it_is_trusted(site, award, ask, world, database):
    cleo, ben, lena = (world.viewer(name) for name in ("Cleo", "Ben", "Lena"))
    ours = (await site.get(award)).json()
    diploma = signed_outside(ours, id="urn:uuid:0e0a6f1e-4c2b-4d51-9c2a-0b8f6c1d2e3f", name="Diploma")
    whole = json.dumps(diploma)

    async def brought(viewer, whole):
        made = await ask.do(BRING, {"document": whole}, viewer=viewer)
        assert made["state"] in {"CHECKING", "VERIFIED"}, made
        await site.done()
        return made["id"], (await ask(KNOWN, {"id": made["id"]}))["node"]

    id_, found = await brought(cleo, whole)
    assert (found["state"], found["name"], found["issuerName"]) == ("VERIFIED", "Diploma", "The University")
    assert found["form"] == "Open Badges 3.0, Data Integrity"
    results = {each["check"]: each["result"] for each in found["checks"]}
    passed = dict.fromkeys(("structure", "schema", "issuer", "signature", "dates", "subject"), "PASSED")
    assert results == {**passed, "status": "NOTHING", "trusted": "FAILED"}, "nobody trusts it yet"
    assert (await brought(cleo, whole))[0] == id_, "the same again is the same"

    _, of_another = await brought(ben, whole)
    assert of_another["state"] == "REFUSED"
    assert {each["check"] for each in of_another["checks"] if each["result"] == "FAILED"} == {
        "subject",
        "trusted",
    }
    _, changed = await brought(cleo, json.dumps({**diploma, "name": "Doctorate"}))
    assert {each["check"] for each in changed["checks"] if each["result"] == "FAILED"} == {"signature"}
    junk = await ask.do(BRING, {"document": "no credential"}, viewer=cleo)
    assert junk["__typename"] == "InvalidInput"

    claims = [{"skill": world.gid("Skill", "Python"), "level": 4}]
    given = {"outsideCredential": id_, "claims": claims}
    assert (await ask.do(ACCEPT, given, viewer=cleo))["__typename"] == "NotAllowed"
    assert (await ask.do(ACCEPT, given, viewer=ben))["__typename"] == "NotTrusted"
    async with database.transaction() as tx:  # a week later it is looked at again
        await tx.execute(text("update outside_credential set checked_at = checked_at - interval '8 days'"))
        await check_again(tx, now())
    await site.done()
    query = select(OutsideCredential.checked_at).where(OutsideCredential.name == "Diploma")
    async with database.transaction() as tx:
        times = (await tx.execute(query)).scalars().all()
    assert sorted(now() - each < timedelta(days=1) for each in times) == [False, True], "the verified one"

    _, did, _ = university()
    issuer = {"issuer": did, "name": "The University"}
    trusted = await ask.do(TRUST, issuer, viewer=lena)
    assert (await ask.do(TRUST, issuer, viewer=lena))["__typename"] == "AlreadyTrusted"
    assert (await ask.do(ACCEPT, given, viewer=ben))["__typename"] == "OutsideCredential"
    [evidence] = (await ask(KNOWN, {"id": id_}))["node"]["evidence"]["nodes"]
    assert evidence == {
        "source": "CREDENTIAL",
        "level": 4,
        "note": "Diploma, by The University",
        "withdrawnReason": None,
        "skill": {"name": "Python"},
    }
    await ask.do(DISTRUST, {"trustedIssuer": trusted["id"], "reason": "Closed"}, viewer=lena)
    found = (await ask(KNOWN, {"id": id_}))["node"]
    assert found["trusted"] is None
    assert found["evidence"]["nodes"][0]["withdrawnReason"] == "Its issuer is trusted no more: Closed"


@pytest.fixture
async def career(site, ask, world):
    """Cleo's twelve badges, each earned by the same, and a certificate stacked from two of them."""
    sql, cleo = world.gid("Skill", "SQL"), world.gid("Employee", "Cleo")
    made = [await define(ask, f"badge{n}", {"skill": {"id": sql, "level": 2}}) for n in range(12)]
    parts = [{"credential": each} for each in made[:2]]
    await define(ask, "stack", {"all": parts}, kind="CERTIFICATE")
    await assess(ask, cleo, sql, 3)
    await site.done()
    return (await award_of(ask, cleo, "stack"))["id"]


async def test_a_career_and_a_stack_in_one_document(site, ask, world, career):
    cleo = world.viewer("Cleo")
    record = await ask.do(RECORD, {}, viewer=cleo)
    assert (record["__typename"], record["members"]) == ("LearnerRecord", 13), record
    document = record["document"]
    for given in (json.dumps(document).encode(), record["jwt"].encode()):
        report = await verify.verify(given, site.outside.own)
        assert report.is_verified, report.checks
        assert report.form.startswith("Comprehensive Learner Record 2.0")
        assert [each.result for each in report.checks if each.name == "members"] == [Result.PASSED] * 13
    changed = copy.deepcopy(document)
    changed["credentialSubject"]["verifiableCredential"][0]["name"] = "Queen"
    assert failed(await verify.verify(json.dumps(changed).encode(), site.outside.own)) == {
        "signature",
        "members",
    }

    stack = (await ask.do(RECORD, {"award": career}, viewer=cleo))["document"]
    subject = stack["credentialSubject"]
    names = {
        each["credentialSubject"]["achievement"]["id"]: each["name"]
        for each in subject["verifiableCredential"]
    }
    assert stack["partial"] is True
    assert [
        (names[each["sourceId"]], each["associationType"], names[each["targetId"]])
        for each in subject["association"]
    ] == [
        ("Badge0", "isPartOf", "Stack"),
        ("Badge1", "isPartOf", "Stack"),
        ("Badge0", "precedes", "Badge1"),
    ]
    assert (await verify.verify(json.dumps(stack).encode(), site.outside.own)).is_verified

    given = {"title": "Hello", "awards": [career], "fields": ["PASSPORT"], "expiresAt": LATER}
    made = await ask.do(SHARE, given, viewer=cleo)
    link = made["url"].removeprefix(site.address)
    assert "All credentials as one signed document" in (await site.get(link)).text
    assert (await site.get(f"{link}/passport.json")).json() == document
    await ask.do(REVOKE_SHARE, {"share": made["share"]["id"]}, viewer=cleo)
    assert (await site.get(f"{link}/passport.json")).status_code == 404

    # A record stays true; that one of its members was revoked since, it says of that member.
    await ask.do(REVOKE, {"award": career, "reason": "A mistake"}, viewer=world.viewer("Lena"))
    report = await verify.verify(json.dumps(stack).encode(), site.outside.own)
    assert failed(report) == {"members"}
    told = [each.says for each in report.checks if each.result is Result.FAILED]
    assert told == ["Stack: status: Its issuer has revoked it."]
    assert (await ask.do(RECORD, {}, viewer=world.viewer("Ben")))["__typename"] == "NothingToSign"
    gone = await ask.do(RECORD, {"employee": world.gid("Employee", "Cleo")}, viewer=world.viewer("Ben"))
    assert gone["__typename"] == "NotAllowed"
    passport = await ask.do(RECORD, {"employee": world.gid("Employee", "Cleo")}, viewer=world.viewer("Pat"))
    assert passport["members"] == 12


async def test_a_credential_is_brought_as_a_file(app, ask, company, signed_in):
    good = (EXAMPLES / "signed_badge_example-p2.json").read_text()
    picture = bake_png(drawn(Badge("A badge", "Badge", "Somebody"), "png"), good)
    cleo = await signed_in("Cleo")
    stranger = AsyncClient(transport=ASGITransport(app), base_url=SITE)
    for client, query, data, status in (
        (cleo, "", picture, 201),
        (cleo, "", good.encode(), 201),
        (cleo, "", b"nothing of the kind", 422),
        (cleo, "", b"x" * 5_100_000, 422),
        (cleo, "?url=https://127.0.0.1/badge.json", b"", 422),
        (stranger, "", good.encode(), 401),
    ):
        sent = await client.post(f"/me/credentials{query}", content=data)
        assert sent.status_code == status, sent.text
        if status == 201:
            assert sent.json()["issuer"].startswith("did:key:")
    mine = "{ outsideCredentials { nodes { issuer document } } }"
    found = await ask.whole(mine, viewer=company.viewer("Cleo"))
    documents = [each["document"] for each in found["data"]["outsideCredentials"]["nodes"]]
    assert documents.count(good.strip()) == 1, "in a picture it is the same one"
    await stranger.aclose()


EXAMPLES = Path(__file__).parents[1] / "credentials" / "examples"


def test_many_at_once(tmp_path):
    good = (EXAMPLES / "signed_badge_example-p2.json").read_text()
    (tmp_path / "good.json").write_text(good)
    (tmp_path / "bad.json").write_text(json.dumps({**json.loads(good), "name": "=1+1"}))
    rows = ["url", "good.json", "bad.json", "missing.json", "../list.csv", "https://127.0.0.1/x", "\n"]
    file = tmp_path / "list.csv"
    file.write_text("\n".join(rows))
    found = CliRunner().invoke(main, ["verify", "--batch", str(file), "--json"])
    assert found.exit_code == 1
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert [(each["source"], each["verified"]) for each in lines] == [
        ("good.json", True),
        ("bad.json", False),
        ("missing.json", False),
        ("../list.csv", False),
        ("https://127.0.0.1/x", False),
    ]
    told = [" ".join(each["problems"]) for each in lines]
    for said, problem in zip(
        told, ("", "signature:", "No such file", "outside the folder", "private network"), strict=True
    ):
        assert problem in said
    table = CliRunner().invoke(main, ["verify", "--batch", str(file)]).stdout.splitlines()
    assert table[0] == "source,verified,trusted,form,name,issuer,problems"
    assert ",'=1+1," in table[2]
    file.write_text("\n".join(["good.json"] * 1001))
    too_many = CliRunner().invoke(main, ["verify", "--batch", str(file)])
    assert (too_many.exit_code, "at most 1000" in too_many.stderr) == (2, True)
    for neither in ([], ["x.json", "--batch", str(file)]):
        assert CliRunner().invoke(main, ["verify", *neither]).exit_code == 2
