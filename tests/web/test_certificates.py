"""Templates of certificates: kept, tried, chosen, shown before, removed; and the certificates they draw."""

import os
from base64 import b64decode
from pathlib import Path

import pytest

import pdf
from credentials.earning import assess, award_of, define
from web.apps import kept
from web.test_images import DRAWN, pixels

DEFINE = """
mutation ($input: DefineCertificateTemplateInput!) {
  defineCertificateTemplate(input: $input) {
    __typename
    ... on CertificateTemplate { id code removedAt current { number source } versions { totalCount } }
    ... on Refusal { message }
    ... on BrokenTemplate { problems { line column message hints } }
    ... on InvalidInput { problems { path message } }
  }
}
"""
REMOVE = """
mutation ($input: RemoveCertificateTemplateInput!) {
  removeCertificateTemplate(input: $input) {
    __typename ... on CertificateTemplate { code removedAt } ... on Refusal { message }
  }
}
"""
CHOOSE = """
mutation ($input: ChooseCertificateTemplateInput!) {
  chooseCertificateTemplate(input: $input) {
    __typename
    ... on Credential { certificateTemplate { code } }
    ... on Issuer { certificateTemplate { code isDefault } }
    ... on Refusal { message }
  }
}
"""
PREVIEW = """
query ($source: String, $template: ID, $award: ID, $form: PreviewForm!, $language: String!) {
  previewCertificate(
    source: $source, certificateTemplate: $template, award: $award, form: $form, language: $language
  ) {
    __typename
    ... on CertificatePreview { data pages warnings { message } }
    ... on BrokenTemplate { message problems { line column message hints } }
    ... on Refusal { message }
  }
}
"""
DESCRIBE = "mutation ($input: DescribeIssuerInput!) { describeIssuer(input: $input) { __typename } }"
PLAIN = "#set page(width: 20cm, height: 10cm)\nby {}: #given.holder, #given.name, #given.language"


async def made(ask, world, code, source=None):
    """The id of a template that says its own code."""
    given = {"code": code, "source": source or PLAIN.replace("{}", code)}
    found = await ask.do(DEFINE, given, viewer=world.viewer("Lena"))
    assert found["__typename"] == "CertificateTemplate", found
    return found["id"]


async def choose(ask, world, **given):
    return await ask.do(CHOOSE, given, viewer=world.viewer("Lena"))


async def earned(house, ask, world, code):
    """An award of Cleo's, signed: the id of the credential, and that of the award."""
    sql, cleo = world.gid("Skill", "SQL"), world.gid("Employee", "Cleo")
    credential = await define(ask, code, {"skill": {"id": sql, "level": 5}})
    await assess(ask, cleo, sql, 5)
    await house.done()
    return credential, (await award_of(ask, cleo, code))["id"].removeprefix("Award:")


async def drawn(house, award, query=""):
    """What stands in a certificate, as anybody gets it."""
    found = await house.client().get(f"/credentials/{award}.pdf{query}")
    assert (found.status_code, found.headers["content-type"]) == (200, "application/pdf"), found.text
    document = (await house.client().get(f"/credentials/{award}.json")).json()
    assert any(document["id"].encode() in each for each in pdf.streams(found.content)), "it is attached"
    return pdf.text(found.content)


async def test_a_template_is_kept_in_versions(ask, world):
    lena = world.viewer("Lena")
    first = await ask.do(DEFINE, {"code": "diploma", "source": "= #given.holder"}, viewer=lena)
    assert first["current"] == {"number": 1, "source": "= #given.holder"}
    again = await ask.do(DEFINE, {"code": "diploma", "source": "= #given.holder"}, viewer=lena)
    assert again == first, "the same is no new version"
    other = await ask.do(DEFINE, {"code": "diploma", "source": "== #given.holder"}, viewer=lena)
    assert (other["id"], other["current"]["number"]) == (first["id"], 2)
    assert other["versions"] == {"totalCount": 2}
    asked = "{ certificateTemplates { nodes { code versions { nodes { number source supersededAt } } } } }"
    [template] = (await ask(asked, viewer=lena))["certificateTemplates"]["nodes"]
    assert [each["source"] for each in template["versions"]["nodes"]] == [
        "= #given.holder",
        "== #given.holder",
    ]
    assert [each["supersededAt"] is None for each in template["versions"]["nodes"]] == [False, True]
    for name in ("Cleo", "Ben"):
        assert (await ask(asked, viewer=world.viewer(name)))["certificateTemplates"]["nodes"] == []
    entries = '{ auditEntries(where: {verb: {startsWith: "certificate_template"}}) { nodes { verb after } } }'
    found = (await ask(entries, viewer=world.viewer("Auda")))["auditEntries"]["nodes"]
    told = sorted(each["after"]["version"] for each in found if each["after"]["code"] == "diploma")
    assert told == [1, 1, 2]


WRONG = {
    "a mistake": ("Dear\n  #given.whom", (2, 10, 'dictionary does not contain key "whom"'), []),
    "a file": (
        '#read("/etc/passwd")',
        (1, 7, "file not found (searched at /etc/passwd)"),
        ["a template reads no file and no package: what it shows is given to it"],
    ),
    "an endless loop": (
        "#let f() = for i in range(1000000) { for j in range(100000) {} }\n#f()",
        (None, None, "it takes more than 3 seconds"),
        [],
    ),
    "pages": (
        "#for i in range(9) [x#pagebreak()]",
        (None, None, "it comes to 10 pages, and a certificate has at most 4"),
        [],
    ),
    "a logo that may not be there": (
        '#image(bytes(given.logo), format: "svg")',
        (1, 14, "expected string, array, or bytes, found none"),
        [],
    ),
    "a picture that is not there": (
        "#given.images.signature",
        (1, 15, 'dictionary does not contain key "signature"'),
        [],
    ),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_does_not_draw_is_refused_and_not_kept(ask, world, house, what):
    source, (line, column, message), hints = WRONG[what]
    await made(ask, world, "diploma")
    before = await kept(house)
    problem = {"line": line, "column": column, "message": message, "hints": hints}
    for code in ("diploma", "new"):
        found = await ask.do(DEFINE, {"code": code, "source": source}, viewer=world.viewer("Lena"))
        assert (found["__typename"], found["problems"]) == ("BrokenTemplate", [problem])
    preview = await shown(ask, world, source=source)
    if "logo" in what:
        assert preview["__typename"] == "CertificatePreview", "of facts that have one"
    else:
        assert preview["problems"] == [problem]
    assert await kept(house) == before


async def test_each_certificate_is_drawn_by_what_was_chosen(ask, world, house):
    lena = world.viewer("Lena")
    python, award = await earned(house, ask, world, "python")
    assert "This is to certify that" in await drawn(house, award)
    own, default = await made(ask, world, "own"), await made(ask, world, "default")
    assert (await choose(ask, world, certificateTemplate=default))["__typename"] == "IssuerNotDescribed"
    await ask.do(DESCRIBE, {"name": "Test Works"}, viewer=lena)
    found = await choose(ask, world, certificateTemplate=default)
    assert found == {
        "__typename": "Issuer",
        "certificateTemplate": {"code": "default", "isDefault": True},
    }
    assert await drawn(house, award) == "by default: Cleo Test, Python, en"
    assert (await choose(ask, world, credential=python, certificateTemplate=own))["certificateTemplate"] == {
        "code": "own"
    }
    assert await drawn(house, award) == "by own: Cleo Test, Python, en"
    assert await drawn(house, award, "?language=de-AT") == "by own: Cleo Test, Python, de-AT"
    assert (await house.client().get(f"/credentials/{award}.pdf?language=%23read")).status_code == 400
    await made(ask, world, "own", "by another own")
    assert await drawn(house, award) == "by another own", "it is drawn when it is asked for"
    assert (await choose(ask, world, credential=python))["certificateTemplate"] is None
    assert await drawn(house, award) == "by default: Cleo Test, Python, en"


async def test_who_asks_while_many_are_drawn_is_told_to_come_back(ask, world, house, monkeypatch):
    _, award = await earned(house, ask, world, "python")
    monkeypatch.setattr("cairn.web.credentials.DRAWN_AT_ONCE", 0)
    busy = await house.client().get(f"/credentials/{award}.pdf")
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert busy.headers["cache-control"] == "no-store"
    assert (await house.client().get(f"/credentials/{award}.json")).status_code == 200
    monkeypatch.undo()
    for _ in range(2):
        assert (await house.client().get(f"/credentials/{award}.pdf")).status_code == 200


async def test_what_was_awarded_before_a_template_was_removed_is_still_drawn_by_it(ask, world, house):
    lena, ben = world.viewer("Lena"), world.gid("Employee", "Ben")
    python, award = await earned(house, ask, world, "python")
    own = await made(ask, world, "own")
    await choose(ask, world, credential=python, certificateTemplate=own)
    removed = await ask.do(REMOVE, {"certificateTemplate": own}, viewer=lena)
    assert removed["removedAt"] is not None
    assert (
        "was removed before" in (await ask.do(REMOVE, {"certificateTemplate": own}, viewer=lena))["message"]
    )
    assert await drawn(house, award) == "by own: Cleo Test, Python, en"
    await assess(ask, ben, world.gid("Skill", "SQL"), 5)
    await house.done()
    later = (await award_of(ask, ben, "python"))["id"].removeprefix("Award:")
    assert "This is to certify that" in await drawn(house, later)
    refused = await choose(ask, world, credential=python, certificateTemplate=own)
    assert "was removed" in refused["message"]
    await made(ask, world, "own")
    assert await drawn(house, later) == "by own: Ben Test, Python, en", "it is back"


async def test_nobody_is_left_without_a_certificate(ask, world, house, caplog):
    python, award = await earned(house, ask, world, "python")
    picky = await made(ask, world, "picky", '#assert(given.holder != "Cleo Test", message: "not her")')
    await choose(ask, world, credential=python, certificateTemplate=picky)
    assert "This is to certify that" in await drawn(house, award)
    assert "line 1, column 2: assertion failed: not her" in caplog.text


NAMES = ('#panic("x") *b* $x$', "= Head // gone", "محمد בן", "山田 花子")


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_a_name_whatever_it_looks_like(ask, world, house, name):
    await house.rows("update employee set display_name = :name where display_name = 'Cleo Test'", name=name)
    python, award = await earned(house, ask, world, "python")
    own = await made(ask, world, "own", "#given.holder")
    await choose(ask, world, credential=python, certificateTemplate=own)
    found = await drawn(house, award)
    if name.isascii():
        assert found == name
    else:
        assert "certify" not in found, "drawn by it, with a font of this machine or in boxes"


async def shown(ask, world, who="Lena", *, form="PDF", language="en", **given):
    given = {"form": form, "language": language, **given}
    found = await ask.whole(PREVIEW, given, viewer=world.viewer(who))
    assert "errors" not in found, found
    return found["data"]["previewCertificate"]


async def test_a_certificate_is_shown_before_it_is_one(ask, world, house, tmp_path):
    source = Path(__file__, "../../../src/cairn/credentials/data/typst/certificate.typ").resolve().read_text()
    source = source.replace("This is to certify that", "Hiermit wird bestätigt, dass").replace("28%", "45%")
    before = await kept(house)
    preview = await shown(ask, world, source=source)
    assert (preview["__typename"], preview["pages"], preview["warnings"]) == ("CertificatePreview", 1, [])
    kind, _, data = preview["data"].partition(",")
    assert kind == "data:application/pdf;base64"
    for part in (
        "Hiermit wird bestätigt",
        "Anneliese Charlotte",
        "Statistics (Proficient)",
        "1 March 2029",
    ):
        assert part in pdf.text(b64decode(data))
    picture = await shown(ask, world, source=source, form="PNG")
    kind, _, data = picture["data"].partition(",")
    assert (kind, b64decode(data)[:4]) == ("data:image/png;base64", b"\x89PNG")
    pictures = Path(os.environ.get("CAIRN_TEST_PICTURES", tmp_path))
    (pictures / "template.png").write_bytes(b64decode(data))
    assert await kept(house) == before

    python, award = await earned(house, ask, world, "python")
    gid = f"Award:{award}"
    own = await made(ask, world, "own")
    for given, says in (
        ({"template": own, "award": gid, "language": "nl"}, "by own: Cleo Test, Python, nl"),
        ({"source": "#given.holder", "award": gid}, "Cleo Test"),
        ({"award": gid}, "This is to certify that"),
    ):
        found = await shown(ask, world, **given)
        assert says in pdf.text(b64decode(found["data"].partition(",")[2]))
    await choose(ask, world, credential=python, certificateTemplate=own)
    found = await shown(ask, world, award=gid)
    assert "by own" in pdf.text(b64decode(found["data"].partition(",")[2]))
    odd = await shown(ask, world, source='#text(font: "No Such Font")[A]')
    assert odd["warnings"] == [{"message": "unknown font family: no such font"}]

    nowhere = "CertificateTemplate:00000000-0000-4000-8000-000000000000"
    for who, given, says in (
        ("Cleo", {"source": "A"}, "NotAllowed"),
        ("Ben", {"award": gid}, "NotAllowed"),
        ("Lena", {}, "InvalidInput"),
        ("Lena", {"source": "A", "template": own}, "InvalidInput"),
        ("Lena", {"source": "A", "language": "no language"}, "InvalidInput"),
        ("Lena", {"template": nowhere}, "NotFound"),
    ):
        assert (await shown(ask, world, who, **given))["__typename"] == says


SIGNED = '#image(bytes(given.images.signature), format: "svg", width: 4cm)\nby hand'


async def test_templates_show_pictures_that_were_given_by_name(ask, world, house):
    lena, cleo = await house.browser("Lena"), await house.browser("Cleo")
    where = "/certificate-images/signature"
    assert (await cleo.put(where, content=DRAWN)).status_code == 403
    assert (await lena.delete(where)).status_code == 404
    assert (await lena.put("/certificate-images/No", content=DRAWN)).status_code == 422
    assert (await lena.put(where, content=b"no picture")).status_code == 422
    for picture in (DRAWN, pixels()):
        assert (await lena.put(where, content=picture)).status_code == 200
    python, award = await earned(house, ask, world, "python")
    own = await made(ask, world, "own", SIGNED)
    await choose(ask, world, credential=python, certificateTemplate=own)
    assert await drawn(house, award) == "by hand"
    refused = await lena.delete(where)
    assert (refused.status_code, refused.text) == (
        422,
        "name: is shown by the template own: change that first\n",
    )
    await made(ask, world, "own", "by nobody")
    assert (await lena.delete(where)).status_code == 204
    assert await house.rows("select 1 from image") == []
    assert (await ask("{ certificateImages { nodes { name } } }"))["certificateImages"]["nodes"] == []


async def test_a_template_is_given_as_a_file(ask, world, house):
    lena, cleo = await house.browser("Lena"), await house.browser("Cleo")
    where = "/certificate-templates/diploma"
    assert (await house.client().put(where, content=b"A")).status_code == 401
    assert (await cleo.put(where, content=b"A")).status_code == 403
    assert (await lena.put(where, content="= Ünïted #given.holder".encode())).status_code == 204
    before = await kept(house)
    for given, status, says in (
        (b"= A\n#foo\n#bar", 422, "line 2, column 2: unknown variable: foo\n"),
        (b"\xff", 422, "The template is not in UTF-8.\n"),
        (b"", 422, "source: must not be empty\n"),
        (b"a\0", 422, "The template has the character U+0000 in it.\n"),
        (b"a" * 20_001, 413, "A template has at most 20,000 characters.\n"),
    ):
        found = await lena.put(where, content=given)
        assert (found.status_code, found.text) == (status, says)
    assert await kept(house) == before
    asked = "{ certificateTemplates { nodes { code current { source } } } }"
    assert (await ask(asked, viewer=world.viewer("Lena")))["certificateTemplates"]["nodes"] == [
        {"code": "diploma", "current": {"source": "= Ünïted #given.holder"}}
    ]


async def test_a_template_may_be_long(ask, world):
    lena = world.viewer("Lena")
    long = "= #given.holder\n" + "// a line that explains something\n" * 500
    found = await ask.do(DEFINE, {"code": "long", "source": long}, viewer=lena)
    assert found["current"]["source"] == long
    assert (await shown(ask, world, source=long))["__typename"] == "CertificatePreview"
    longer = await ask.do(DEFINE, {"code": "long", "source": long * 2}, viewer=lena)
    assert longer["problems"] == [{"path": ["source"], "message": "at most 20000 characters"}]
