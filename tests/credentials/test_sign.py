"""Signed documents: one for each award, the same bytes until what it says is no longer so."""

import asyncio
import json
import random
import re
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cairn.access.viewer import system
from cairn.credentials import contexts, jsonld, keys, proof, rotate, status
from cairn.credentials.document import Achievement, Issuer, Outcome, achievement, did_web, problems
from cairn.credentials.events import AwardChanged, SigningDue
from cairn.credentials.tables import CredentialKind
from cairn.db.engine import LOST, sqlstate
from cairn.db.ranges import now
from cairn.jobs.drain import drain
from cairn.jobs.events import publish
from cairn.settings import settings
from credentials.earning import AWARD, REVOKE, assess, define, withdraw
from pathways.writing import complete, step, write
from stored import stored, unchanged
from world import id_of

SIGNED = """
query ($id: ID!) {
  employee(id: $id) { awards(orderBy: [{awardedAt: ASC}]) {
    nodes { id status url document jwt signedAt credential { code } }
  } }
}
"""
DESCRIBE = """
mutation ($input: DescribeIssuerInput!) {
  describeIssuer(input: $input) {
    __typename
    ... on Issuer { name url email country description }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""


@pytest.fixture
def cleo(world):
    return world.gid("Employee", "Cleo")


@pytest.fixture
def sql(world):
    return world.gid("Skill", "SQL")


@pytest.fixture
def done(database, url):
    """Has the worker do all there is to do."""

    async def settle():
        return await drain(database, url)

    return settle


async def signed(ask, who, code="badge", **more):
    found = await ask(SIGNED, {"id": who}, **more)
    [award] = [each for each in found["employee"]["awards"]["nodes"] if each["credential"]["code"] == code]
    return award


async def bits(database):
    """Which documents are revoked, in the order they were signed."""
    query = text("select revoked_at is not null from status_entry order by document_id")
    async with database.transaction() as tx:
        return list((await tx.execute(query)).scalars())


def is_good(document):
    """Whether the proof fits, by the key that it names."""
    [made] = document["proof"]
    options = {name: value for name, value in made.items() if name != "proofValue"}
    bare = {name: value for name, value in document.items() if name != "proof"}
    key = keys.public_key(made["verificationMethod"].partition("#")[2])
    key.verify(proof.base58.b58decode(made["proofValue"][1:]), proof.hash_of(bare, options))
    return True


async def test_what_a_document_says(ask, world, cleo, sql, done, database):
    described = {
        "name": "Example & Co",
        "url": "https://example.com",
        "email": "badges@example.com",
        "country": "DE",
        "description": "Makes examples",
    }
    made = await ask.do(DESCRIBE, described, viewer=world.viewer("Lena"))
    assert made == {"__typename": "Issuer", **described}
    data = await write(ask, "data", [step("read")])
    stone = await define(ask, "stone", {"skill": {"id": sql, "level": 5}})
    await define(
        ask,
        "badge",
        {"all": [{"pathway": data.id}, {"credential": stone}]},
        kind="MICRO_CREDENTIAL",
        validity="P1Y",
        text={
            "name": "Data",
            "description": "Reads",
            "criteria": "Read",
            "workloadHours": 60,
            "eqfLevel": 5,
            "assessment": "A project that an assessor looks at.",
            "participation": "Online.",
            "qualityAssurance": "Reviewed by the Academy each year.",
        },
        grants=[{"skill": sql, "level": 4}],
    )
    await assess(ask, cleo, sql, 5)
    await done()
    await complete(ask, data, "read", cleo)
    await done()
    award, part = await signed(ask, cleo), await signed(ask, cleo, "stone")
    id_, document = award["id"].removeprefix("Award:"), award["document"]
    assert award["url"] == f"http://localhost:8000/credentials/{id_}" == document["id"]
    assert is_good(document)
    assert problems(document) == []
    version = document["credentialSubject"]["achievement"]["id"]
    assert re.fullmatch(r"http://localhost:8000/achievements/[0-9a-f-]{36}", version)
    email, name = document["credentialSubject"].pop("identifier")
    assert name == {
        "type": "IdentityObject",
        "hashed": False,
        "identityHash": "Cleo Test",
        "identityType": "name",
    }
    hashed = sha256(f"cleo@example.com{email['salt']}".encode()).hexdigest()
    assert email["identityHash"] == f"sha256${hashed}"
    levels = document["credentialSubject"]["achievement"]["resultDescription"][0].pop("rubricCriterionLevel")
    assert [each["name"] for each in levels] == [
        *("None", "Aware", "Guided", "Independent", "Advanced", "Expert"),
    ]
    entry = document.pop("credentialStatus")
    assert entry["statusPurpose"] == "revocation"
    assert re.fullmatch(r"http://localhost:8000/status/[0-9a-f-]{36}", entry["statusListCredential"])
    awarded = document["validFrom"]
    year, rest = awarded.split("-", 1)
    assert document.pop("validUntil") == f"{int(year) + 1}-{rest}"
    today = awarded[:10]
    issuer = {
        "id": "did:web:localhost%3A8000",
        "type": ["Profile"],
        "name": "Example & Co",
        "url": "https://example.com",
        "email": "badges@example.com",
        "description": "Makes examples",
        "address": {
            "id": "http://localhost:8000/issuer#address",
            "type": ["Address"],
            "addressCountryCode": "DE",
        },
    }
    [made] = document.pop("proof")
    key = made.pop("verificationMethod")
    assert key.startswith("did:web:localhost%3A8000#z6Mk")
    assert made.keys() == {"type", "cryptosuite", "created", "proofPurpose", "proofValue"}
    evidence = document.pop("evidence")
    assert {each["name"]: each for each in evidence} == {
        "Data": {"type": ["Evidence"], "name": "Data", "narrative": f"Completed the pathway on {today}."},
        "Stone": {
            "id": part["url"],
            "type": ["Evidence"],
            "name": "Stone",
            "narrative": f"Earned the credential on {today}.",
        },
    }
    assert document == {
        "@context": [contexts.CREDENTIALS, contexts.OPEN_BADGES, contexts.EXTENSIONS],
        "id": award["url"],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Data",
        "description": "Reads",
        "image": {"id": f"{award['url']}.png", "type": "Image", "caption": "The badge Data"},
        "issuer": issuer,
        "awardedDate": awarded,
        "validFrom": awarded,
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "achievement": {
                "id": version,
                "type": ["Achievement"],
                "achievementType": "MicroCredential",
                "name": "Data",
                "description": "Reads",
                "criteria": {
                    "id": version,
                    "narrative": "Read\n\nWorkload: 60 hours.\n"
                    "Level: 5 of the European Qualifications Framework.\n"
                    "Assessment: A project that an assessor looks at.\n"
                    "Participation: Online.\n"
                    "Quality assurance: Reviewed by the Academy each year.",
                },
                "image": {"id": f"{version}/image", "type": "Image", "caption": "The badge Data"},
                "creator": issuer,
                "version": "1",
                "creditsAvailable": 2.4,
                "alignment": [
                    {
                        "type": ["Alignment"],
                        "targetName": "SQL",
                        "targetUrl": f"{version}#skill-sql",
                        "targetFramework": "Own 1",
                        "targetCode": "sql",
                    },
                    {
                        "type": ["Alignment"],
                        "targetName": "EQF level 5",
                        "targetUrl": "http://data.europa.eu/snb/eqf/5",
                        "targetFramework": "European Qualifications Framework",
                        "targetCode": "5",
                    },
                ],
                "resultDescription": [
                    {
                        "id": f"{version}#result-sql",
                        "type": ["ResultDescription"],
                        "name": "SQL",
                        "resultType": "RubricCriterionLevel",
                        "requiredLevel": f"{version}#result-sql-level-4",
                    }
                ],
            },
            "result": [
                {
                    "type": ["Result"],
                    "resultDescription": f"{version}#result-sql",
                    "achievedLevel": f"{version}#result-sql-level-4",
                }
            ],
        },
        "credentialSchema": [
            {
                "id": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json-ld/"
                "ob_v3p0_achievementcredential_schema.json",
                "type": "1EdTechJsonSchemaValidator2019",
            }
        ],
    }
    assert await bits(database) == [False, False]


async def test_an_issuer_that_makes_no_sense_is_refused(ask, world, database):
    async with unchanged(database):
        wrong = {"name": " ", "country": "Germany", "email": "nobody"}
        refused = await ask.do(DESCRIBE, wrong, viewer=world.viewer("Lena"))
        assert refused["__typename"] == "InvalidInput"
        assert [each["path"] for each in refused["problems"]] == [["name"], ["country"], ["email"]]
        refused = await ask.do(DESCRIBE, {"name": "Mine"}, viewer=world.viewer("Ada"))
        assert refused["__typename"] == "NotAllowed"


async def test_it_is_signed_once_and_stays_the_same_to_the_byte(ask, cleo, sql, done, database):
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}})
    await assess(ask, cleo, sql, 5)
    await done()
    before = await stored(database, but=("event", "handled"))
    assert len(before["signed_document"]) == 1
    credential = json.loads(before["award"][0])["credential_id"]
    for event in (AwardChanged(id_of("Cleo"), UUID(credential)), SigningDue()) * 2:
        async with database.transaction() as tx:
            await publish(tx, event)
        await done()
    assert await stored(database, but=("event", "handled")) == before


async def test_who_does_not_see_the_award_does_not_see_the_document(ask, world, cleo, sql, done, database):
    await define(ask, "badge", {"skill": {"id": sql, "level": 3}})
    await assess(ask, cleo, sql, 3)
    await done()
    assert (await signed(ask, cleo, viewer=world.viewer("Dan")))["url"]
    async with database.transaction() as tx:
        await tx.execute(text("update award set is_hidden = true"))
    found = await ask(SIGNED, {"id": cleo}, viewer=world.viewer("Dan"))
    assert found["employee"]["awards"]["nodes"] == []
    assert (await signed(ask, cleo, viewer=world.viewer("Ada")))["url"]


async def test_a_revoked_award_sets_the_bit_at_once(ask, world, cleo, sql, done, database):
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}})
    await assess(ask, cleo, sql, 5)
    await done()
    made = await signed(ask, cleo)
    assert await bits(database) == [False]
    await ask.do(REVOKE, {"award": made["id"], "reason": "Cheated"}, viewer=world.viewer("Lena"))
    assert await bits(database) == [True]
    await done()
    assert (await signed(ask, cleo))["document"] == made["document"], "it says so by its status"


async def test_what_is_restored_after_a_pause_is_signed_anew(ask, cleo, sql, done, database):
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}}, onLapse="SUSPEND")
    evidence = await assess(ask, cleo, sql, 5)
    await done()
    first = await signed(ask, cleo)
    await withdraw(ask, evidence)
    await done()
    paused = await signed(ask, cleo)
    assert (paused["status"], paused["document"]) == ("SUSPENDED", first["document"])
    assert await bits(database) == [True]
    await assess(ask, cleo, sql, 5)
    await done()
    restored = await signed(ask, cleo)
    assert restored["status"] == "VALID"
    assert restored["document"]["id"] == first["document"]["id"]
    assert restored["document"]["awardedDate"] == first["document"]["awardedDate"]
    assert restored["document"]["credentialStatus"] != first["document"]["credentialStatus"]
    assert is_good(restored["document"])
    assert await bits(database) == [True, False]


async def test_one_that_is_prolonged_is_signed_anew_and_the_earlier_one_stays_good(
    ask, cleo, sql, done, database
):
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}}, onLapse="SUSPEND")
    until = now() + timedelta(days=30)
    await assess(ask, cleo, sql, 5, until=until.isoformat())
    await done()
    first = await signed(ask, cleo)
    assert first["document"]["validUntil"] == proof.written(until)
    await assess(ask, cleo, sql, 5)
    await done()
    second = await signed(ask, cleo)
    assert "validUntil" not in second["document"]
    assert second["document"]["validFrom"] >= first["document"]["validFrom"]
    assert await bits(database) == [False, False]


async def test_after_a_rotation_the_old_key_is_listed_and_after_a_theft_it_is_not(
    ask, cleo, sql, done, database, monkeypatch, tmp_path
):
    monkeypatch.delenv("CAIRN_SIGNING_KEY")
    monkeypatch.setenv("CAIRN_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    try:
        await define(ask, "badge", {"skill": {"id": sql, "level": 3}})
        await assess(ask, cleo, sql, 3)
        await done()
        first = await signed(ask, cleo)
        async with database.transaction() as tx:
            new = await rotate.rotate(tx, settings())
        async with database.transaction() as tx:
            [signs, old] = await rotate.listed(tx)
            assert (signs.public, signs.retired_at, signs.is_generated) == (new.public, None, False)
            assert (old.retired_at, old.compromised_at, old.is_generated) == (signs.active_from, None, True)
        await done()
        assert await signed(ask, cleo) == first
        with pytest.raises(rotate.StillSigns):
            async with database.transaction() as tx:
                await rotate.compromise(tx, system("keys"), key=new.id, signing=new.public)
        async with database.transaction() as tx:
            await rotate.compromise(tx, system("keys"), key=old.id, signing=new.public)
        await done()
        again = (await signed(ask, cleo))["document"]
        assert again["id"] == first["document"]["id"]
        assert again["proof"][0]["verificationMethod"].endswith(f"#{new.public}")
        assert is_good(again)
        secret = re.findall(r"[\w+/]{40,}", (tmp_path / "keys" / "signing.pem").read_text())[0]
        assert secret not in str(await stored(database))
    finally:
        settings.cache_clear()


async def test_under_another_address_all_is_signed_anew(ask, cleo, sql, done, database, monkeypatch):
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}})
    await assess(ask, cleo, sql, 5)
    await done()
    monkeypatch.setenv("CAIRN_PUBLIC_URL", "https://cairn.example.com/")
    settings.cache_clear()
    try:
        async with database.transaction() as tx:
            await publish(tx, SigningDue())
        await done()
        moved = await signed(ask, cleo)
        assert moved["url"].startswith("https://cairn.example.com/credentials/")
        assert moved["document"]["issuer"]["id"] == "did:web:cairn.example.com"
    finally:
        settings.cache_clear()


async def test_an_approved_award_says_so(ask, world, cleo, sql, done):
    badge = await define(ask, "badge", {"skill": {"id": sql, "level": 3}}, awardedBy="APPROVAL")
    await assess(ask, cleo, sql, 3)
    await ask.do(AWARD, {"credential": badge, "employee": cleo}, viewer=world.viewer("Lena"))
    await done()
    assert [each["name"] for each in (await signed(ask, cleo))["document"]["evidence"]] == ["SQL", "Approval"]


# What is refused before it is signed


GOOD = {
    "@context": [contexts.CREDENTIALS, contexts.OPEN_BADGES],
    "id": "urn:x:1",
    "type": ["VerifiableCredential"],
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"employeeNumber": 7}, "employeeNumber: no context defines it"),
        ({"id": "credentials/1"}, "'credentials/1' is not an absolute IRI"),
        ({"id": "urn:x:a b"}, "'urn:x:a b' is no IRI"),
        ({"@context": ["https://example.com/terms"]}, "https://example.com/terms is not among the contexts"),
        ({"evidence": [{"type": ["Evidence"], "genre": str(n)} for n in range(9)]}, None),
        ({"evidence": [{"type": ["Evidence"]}] * 9}, "unnamed parts are alike"),
    ],
)
def test_what_would_not_be_protected_is_not_signed(change, why):
    if why is None:
        assert jsonld.statements({**GOOD, **change})
        return
    with pytest.raises(contexts.Unsignable, match=re.escape(why)):
        jsonld.statements({**GOOD, **change})


def test_outcomes_of_like_codes_are_told_apart():
    """`C`, `C#` and `C++`, and the same code in two frameworks."""
    known = [("C", "Own"), ("C#", "Own"), ("C++", "Own"), ("1.A", "O*NET"), ("1.A", "ESCO"), ("sql", "Own")]
    outcomes = [
        Outcome(uuid4(), f"{code} of {framework}", code, framework, None, 3) for code, framework in known
    ]
    about = Achievement(
        uuid4(), 1, CredentialKind.BADGE, "Badge", "d", "c", outcomes=outcomes, scale={3: ("Able", "")}
    )
    told = achievement("https://example.com", Issuer("https://example.com", "Us"), about)
    for ids in (
        {each["id"] for each in told["resultDescription"]},
        {each["requiredLevel"] for each in told["resultDescription"]},
        {each["targetUrl"] for each in told["alignment"]},
    ):
        assert len(ids) == len(known)
    assert told["resultDescription"][-1]["id"].endswith("#result-sql")


def test_the_issuer_by_its_address():
    assert did_web("https://example.com") == "did:web:example.com"
    assert did_web("http://localhost:8000") == "did:web:localhost%3A8000"
    assert did_web("https://example.com/a/b") == "did:web:example.com:a:b"


# Lists


async def test_places_are_drawn_by_lot_and_never_twice(database, monkeypatch):
    monkeypatch.setattr(status, "MOST", 50)
    documents = {id_of(f"document {n}"): id_of(f"award {n}") for n in range(120)}
    async with database.transaction() as tx:
        places = await status.allot(tx, documents)
    assert places.keys() == documents.keys()
    assert len(set(places.values())) == 120
    assert len({list_ for list_, _ in places.values()}) == 3
    positions = [places[document][1] for document in documents]
    first = positions[:50]
    assert first not in (sorted(first), sorted(first, reverse=True))
    assert max(positions) > 10_000


async def test_who_draws_a_place_waits_for_nobody_and_all_draw_from_one_list(database, monkeypatch):
    """What three have drawn is not committed before the last of them has drawn."""
    lot = random.Random(7)  # of three times fifty no two are the same
    monkeypatch.setattr(status.secrets, "SystemRandom", lambda: lot)
    batches = [{id_of(f"document {n} {m}"): None for m in range(50)} for n in range(3)]
    all_drawn = asyncio.Barrier(len(batches))
    async with database.transaction() as tx:
        await status.allot(tx, {id_of("the first"): None})

    async def signs(documents):
        async with database.transaction() as tx:
            places = await status.allot(tx, documents)
            await all_drawn.wait()
        return places

    async with asyncio.timeout(8):  # shorter than anybody waits for a lock
        drawn = await asyncio.gather(*(signs(each) for each in batches))
    places = [place for each in drawn for place in each.values()]
    assert len(set(places)) == 150
    assert len({list_ for list_, _ in places}) == 1
    stored = "select count(*), count(distinct position), count(distinct list_id) from status_entry"
    async with database.transaction() as tx:
        assert (await tx.execute(text(stored))).one() == (151, 151, 1)


async def test_what_two_draw_at_once_one_draws_anew(database, monkeypatch):
    monkeypatch.setattr(status, "ENTRIES", 60)
    batches = [{id_of(f"document {n} {m}"): None for m in range(15)} for n in range(4)]

    async def signs(documents):
        for _ in range(20):
            try:
                async with database.transaction() as tx:
                    return await status.allot(tx, documents)
            except DBAPIError as error:  # with so few positions two may wait for each other
                if sqlstate(error) not in LOST:
                    raise
        raise AssertionError("drawn in vain")

    drawn = await asyncio.gather(*(signs(each) for each in batches))
    assert sorted(place for each in drawn for _, place in each.values()) == list(range(60))


def test_bits_are_written_as_the_standard_has_it():
    """The first bit is the leftmost; what is written is read again."""
    packed = status.encoded([0, 9, 131_071])
    bits_ = status.decoded(packed)
    assert [n for n in range(131_072) if status.is_set(bits_, n)] == [0, 9, 131_071]
    assert bits_[0] == 0b1000_0000
    # The empty list of the standard's own example.
    empty = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    assert not any(status.decoded(empty))


@pytest.mark.parametrize(
    "given", ["", "zabc", "u", "uAAAA", status.encoded([], 1024), status.encoded([])[:-9]]
)
def test_a_list_that_is_none(given):
    with pytest.raises(ValueError, match="encodedList"):
        status.decoded(given)


def test_a_list_that_unfolds_without_end():
    bomb = status.encoded([], 400_000_000)
    with pytest.raises(ValueError, match="more than"):
        status.decoded(bomb)


def test_a_position_past_the_end():
    with pytest.raises(ValueError, match="no position"):
        status.is_set(status.decoded(status.encoded([])), 131_072)
