"""What is said for what is awarded, and for who awards it: by colleagues, and by bodies outside."""

import json

import pytest
from sqlalchemy import text

from cairn.credentials import endorse, proof, status, verify
from cairn.credentials.fetch import Web
from cairn.credentials.report import Unavailable
from cairn.db.ranges import now
from web.test_credentials import BROWSER
from web.test_images import DESCRIBE
from web.test_outside import BRING_ENDORSEMENT, KNOWN, WITHDRAW, endorsement, failed, university

SAY = "mutation ($input: %sInput!) { %s(input: $input) { __typename ... on Endorsement { id name } } }"
SAY_OF_VERSION = SAY % ("EndorseCredential", "endorseCredential")
SAY_OF_ISSUER = SAY % ("EndorseIssuer", "endorseIssuer")
ABOUT = """
query ($award: ID!) {
  award(id: $award) {
    version { id endorsements { nodes { id state withdrawnReason version { name } } } }
    credential { endorsements { nodes { id } } }
    endorsements { nodes { id } }
  }
  issuer { endorsements { nodes { id award { id } version { id } } } }
}
"""
LIST = "https://university.example/status/1"


def path_of(made):
    return f"/endorsements/{made['id'].removeprefix('Endorsement:')}"


@pytest.fixture
async def described(ask, world):
    await ask.do(DESCRIBE, {"name": "Test Works"}, viewer=world.viewer("Lena"))


@pytest.fixture
async def version(ask, award):
    """What Cleo was awarded: its id."""
    return (await ask(ABOUT, {"award": f"Award:{award.removeprefix('/credentials/')}"}))["award"]["version"][
        "id"
    ]


@pytest.fixture
def subjects(site, version):
    """How a document names what is endorsed, and how whoever brings it does."""
    achievement = f"{site.address}/achievements/{version.removeprefix('CredentialVersion:')}"
    return (
        (achievement, {"credentialVersion": version}),
        (f"did:web:{site.address.removeprefix('http://').replace(':', '%3A')}", {}),
    )


@pytest.mark.usefixtures("described")
async def test_what_a_colleague_says_for_a_credential_and_its_issuer(site, award, ask, world, subjects):
    ben = world.viewer("Ben")
    before = (await site.get(award)).content
    (achievement, named), (issuer, _) = subjects
    of_version = await ask.do(SAY_OF_VERSION, {**named, "comment": "It is <hard>."}, viewer=ben)
    of_issuer = await ask.do(SAY_OF_ISSUER, {"comment": "It is strict."}, viewer=ben)
    for verb, given in ((SAY_OF_VERSION, named), (SAY_OF_ISSUER, {})):
        again = await ask.do(verb, {**given, "comment": "Again"}, viewer=ben)
        assert again["__typename"] == "AlreadyEndorsed"
    assert (await ask.do(SAY_OF_ISSUER, {"comment": "Mine too"}, viewer=world.viewer("Cleo")))["name"]
    await site.done()
    for made, subject, comment in (
        (of_version, achievement, "It is <hard>."),
        (of_issuer, issuer, "It is strict."),
    ):
        found = await site.get(path_of(made))
        assert found.json()["credentialSubject"] == {
            "id": subject,
            "type": ["EndorsementSubject"],
            "endorsementComment": comment,
        }
        report = await verify.verify(found.content, site.outside.own)
        assert report.is_verified, report.checks
        changed = {**found.json(), "description": "What the President says"}
        assert failed(await verify.verify(json.dumps(changed).encode(), site.outside.own)) == {"signature"}
    assert (await site.get(award)).content == before, "the award's own document is as it was"

    told = await ask(ABOUT, {"award": f"Award:{award.removeprefix('/credentials/')}"})
    assert [each["id"] for each in told["award"]["version"]["endorsements"]["nodes"]] == [of_version["id"]]
    assert told["award"]["credential"]["endorsements"]["nodes"] == [{"id": of_version["id"]}]
    assert told["award"]["endorsements"]["nodes"] == []
    of_it = told["issuer"]["endorsements"]["nodes"]
    assert (len(of_it), of_it[0]) == (2, {"id": of_issuer["id"], "award": None, "version": None})

    pages = {
        path: (await site.get(path, BROWSER)).text
        for path in (award, achievement.removeprefix(site.address), "/issuer")
    }
    said = [["It is &lt;hard&gt;." in page, "It is strict." in page] for page in pages.values()]
    assert said == [[True, True], [True, False], [False, True]]
    for path, made in ((achievement.removeprefix(site.address), of_version), ("/issuer", of_issuer)):
        described_ = await site.get(path)
        assert "endorsement" not in described_.json()
        link = f'<{site.address}{path_of(made)}>; rel="https://purl.imsglobal.org/spec/vc/ob/vocab.html#endorsement"'
        assert link in described_.headers["link"]

    withdrawn = {"endorsement": of_version["id"], "reason": "It became easy"}
    assert (await ask.do(WITHDRAW, withdrawn, viewer=world.viewer("Cleo")))["__typename"] == "NotAllowed"
    document = (await site.get(path_of(of_version))).content
    assert (await ask.do(WITHDRAW, withdrawn, viewer=ben))["__typename"] == "Endorsement"
    assert "It is &lt;hard" not in (await site.get(award, BROWSER)).text
    assert "link" not in (await site.get(achievement.removeprefix(site.address))).headers
    assert failed(await verify.verify(document, site.outside.own)) == {"status"}
    assert (await ask.do(SAY_OF_VERSION, {**named, "comment": "Again"}, viewer=ben))["name"], "anew"


@pytest.mark.usefixtures("described")
async def test_a_body_outside_endorses_a_credential_and_its_issuer(site, award, ask, world, subjects):
    lena = world.viewer("Lena")
    pages = (subjects[0][0].removeprefix(site.address), "/issuer")
    for n, (subject, named) in enumerate(subjects):
        good = endorsement(subject)

        async def brought(document, viewer=lena, named=named):
            given = {**named, "document": json.dumps(document)}
            return await ask.do(BRING_ENDORSEMENT, given, viewer=viewer)

        for wrong in (subjects[1 - n][0], f"{subject}#x", site.address + award):
            assert "endorses something else" in (await brought(endorsement(wrong)))["message"]
        for nobody in ("Cleo", "Ben", "Pat"):
            assert (await brought(good, world.viewer(nobody)))["__typename"] == "NotAllowed"

        inside = {**good["credentialSubject"], "endorsementComment": "The very best."}
        pretended = {
            "issuer": {**good["issuer"], "id": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}
        }
        for document in ({**good, "credentialSubject": inside}, {**good, **pretended}):
            made = await brought(document)
            await site.done()
            assert (await ask(KNOWN, {"id": made["id"]}))["node"]["state"] == "REFUSED"
            assert (await site.get(path_of(made))).status_code == 404

        made = await brought(good)
        assert (made["name"], made["state"]) == ("The University", "CHECKING")
        assert "We teach the same." not in (await site.get(pages[n], BROWSER)).text
        await site.done()
        assert (await ask(KNOWN, {"id": made["id"]}))["node"]["state"] == "VERIFIED"
        assert (await site.get(path_of(made))).json() == good, "as it was signed"
        for page in (award, pages[n]):
            text_ = (await site.get(page, BROWSER)).text
            assert "The University, from outside" in text_
            assert "The very best." not in text_

        taken = {"endorsement": made["id"], "reason": "No longer ours"}
        assert (await ask.do(WITHDRAW, taken, viewer=world.viewer("Ben")))["__typename"] == "NotAllowed"
        assert (await ask.do(WITHDRAW, taken, viewer=lena))["__typename"] == "Endorsement"
        assert "The University" not in (await site.get(pages[n], BROWSER)).text

    both = {"award": f"Award:{award.removeprefix('/credentials/')}", **subjects[0][1], "document": "{}"}
    assert (await ask.do(BRING_ENDORSEMENT, both, viewer=lena))["__typename"] == "InvalidInput"


@pytest.mark.usefixtures("described")
async def test_one_that_came_as_a_jwt(site, award, ask, world, subjects):
    signer, _, method = university()
    plain = {name: value for name, value in endorsement(subjects[0][0]).items() if name != "proof"}
    token = proof.jwt(plain, signer, method)
    given = {**subjects[0][1], "document": token}
    made = await ask.do(BRING_ENDORSEMENT, given, viewer=world.viewer("Lena"))
    await site.done()
    found = await site.get(path_of(made))
    assert (found.text, found.headers["content-type"]) == (token, "application/vc+jwt")
    assert "We teach the same." in (await site.get(award, BROWSER)).text


async def test_nobody_is_endorsed_who_is_not_described(ask, world):
    lena = world.viewer("Lena")
    said = await ask.do(SAY_OF_ISSUER, {"comment": "Good"}, viewer=lena)
    assert said["__typename"] == "IssuerNotDescribed"


@pytest.mark.usefixtures("described")
async def test_what_its_signer_takes_back_is_shown_no_more(
    site, award, ask, world, subjects, database, monkeypatch
):
    revoked = set()

    class University(Web):
        """The university's status list, while its server answers."""

        is_up = True

        async def get(self, url):
            if not self.is_up:
                raise Unavailable(f"{url} does not answer")
            signer, did, method = university()
            list_ = status.credential("https://university.example", did, "1", revoked, now())
            assert list_["id"] == url
            return json.dumps(proof.secured(list_, signer, method, now())).encode()

    monkeypatch.setattr(endorse, "Web", University)

    async def weeks_later(days):
        async with database.transaction() as tx:
            past = "update endorsement set checked_at = now() - make_interval(days => :days)"
            await tx.execute(text(past), {"days": days})
            await endorse.check_endorsements_again(tx, now())
        await site.done()

    bits = status.entry("https://university.example", ("1", 7))
    given = {
        **subjects[0][1],
        "document": json.dumps(endorsement(subjects[0][0], credentialStatus=bits)),
    }
    made = await ask.do(BRING_ENDORSEMENT, given, viewer=world.viewer("Lena"))
    await site.done()

    async def state():
        return (await ask(KNOWN, {"id": made["id"]}))["node"]["state"], "We teach" in (
            await site.get(award, BROWSER)
        ).text

    assert await state() == ("VERIFIED", True)
    revoked.add(7)
    await weeks_later(6)
    assert await state() == ("VERIFIED", True), "it is asked each week"
    University.is_up = False
    await weeks_later(8)
    assert await state() == ("VERIFIED", True), "nobody said that it does not stand"
    University.is_up = True
    await weeks_later(8)
    assert await state() == ("REFUSED", False)

    revoked.clear()
    again = await ask.do(BRING_ENDORSEMENT, given, viewer=world.viewer("Lena"))
    await site.done()
    made = again
    assert await state() == ("VERIFIED", True)
    University.is_up = False
    await weeks_later(31)
    assert await state() == ("UNKNOWN", False), "not for ever"
    revoked.add(7)
    University.is_up = True
    last = await ask.do(BRING_ENDORSEMENT, given, viewer=world.viewer("Lena"))
    await site.done()
    made = last
    assert await state() == ("REFUSED", False), "it was taken back before it came"
