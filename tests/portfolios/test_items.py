"""Items of portfolios: who sees them, and what a review makes of them."""

from portfolios.making import REVIEW, SUBMIT, UPLOAD, item, reviewed

ITEMS = "{ portfolio { nodes { title employee { displayName } files { nodes { name } } } } }"


async def test_who_sees_an_item_and_its_files(ask, company, parser, outside, signed_in):
    """Its owner alone, until it is submitted; then those above and reviewers."""
    names = {"nodes": [{"name": "holiday photo.jpg"}, {"name": "paper.pdf"}]}
    seen = {"title": "A parser", "employee": {"displayName": "Cleo Test"}, "files": names}
    paths = await ask.whole(
        "{ portfolio { nodes { files { nodes { name path } } } } }", viewer=company.viewer("Cleo")
    )
    [path] = [
        file["path"]
        for each in paths["data"]["portfolio"]["nodes"]
        for file in each["files"]["nodes"]
        if file["name"] == "paper.pdf"
    ]
    for status, above in (("DRAFT", False), ("SUBMITTED", True)):
        if above:
            done = await ask.do(SUBMIT, {"item": parser}, viewer=company.viewer("Cleo"))
            assert done["status"] == status
        for name in ("Cleo", "Ben", "Grace", "Lena", "Dan"):
            knows = name == "Cleo" or (above and name != "Dan")
            found = await ask.whole(ITEMS, viewer=company.viewer(name))
            assert (seen in found["data"]["portfolio"]["nodes"]) is knows, (status, name)
            got = await (await signed_in(name)).get(path)
            assert got.status_code == (200 if knows else 404), (status, name)
    assert (await outside.get(path)).status_code == 401
    refused = await ask.do(UPLOAD, {"item": parser, "name": "late.pdf"}, viewer=company.viewer("Cleo"))
    assert refused["__typename"] == "ItemClosed"


async def test_what_a_reviewer_accepts_is_evidence(ask, company, parser):
    cleo, ben, lena = (company.viewer(name) for name in ("Cleo", "Ben", "Lena"))
    early = await ask.do(REVIEW, {"item": parser, "verdict": "ACCEPTED"}, viewer=cleo)
    assert early["__typename"] == "NotAllowed"
    done = await reviewed(ask, company, parser)
    assert done["status"] == "ACCEPTED"
    assert done["reviews"]["nodes"] == [
        {"verdict": "ACCEPTED", "comment": "Good joins", "reviewer": {"displayName": "Lena Test"}}
    ]
    assert done["evidence"]["nodes"] == [
        {
            "source": "PORTFOLIO",
            "level": 3,
            "note": "Portfolio: A parser",
            "skill": {"name": "SQL"},
            "cause": {"title": "A parser"},
        }
    ]
    again = await ask.do(REVIEW, {"item": parser, "verdict": "ACCEPTED"}, viewer=lena)
    assert again["__typename"] == "NotSubmitted"
    other = await item(ask, cleo, claims=[{"skill": company.gid("Skill", "SQL"), "level": 1}])
    await ask.do(SUBMIT, {"item": other}, viewer=cleo)
    silent = await ask.do(REVIEW, {"item": other, "verdict": "RETURNED"}, viewer=ben)
    assert "must say what is missing" in silent["message"]
    back = {"item": other, "verdict": "RETURNED", "comment": "Where is it?"}
    assert (await ask.do(REVIEW, back, viewer=ben))["evidence"]["nodes"] == []
    again = await ask.do(SUBMIT, {"item": other}, viewer=cleo)
    assert again["status"] == "SUBMITTED", "what was returned can be submitted again"
