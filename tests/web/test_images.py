"""Pictures that somebody gives credentials, and the issuer's logo: what is kept, and where it shows."""

import json
import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from browser import chromium, tab
from cairn.credentials.picture import unbaked_png, unbaked_svg
from cairn.credentials.vector import NotDrawable, clean
from web.apps import awarded, kept

GREEN, RED = (20, 140, 80, 255), (200, 30, 30, 255)
DRAWN = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100">
<title>Arch</title><rect width="200" height="100" fill="#148c50"/>
<circle cx="100" cy="50" r="40" fill="url(#g)"/>
<defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/><stop offset="1" stop-color="#000"/>
</linearGradient></defs></svg>"""
HOSTILE = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 viewBox="0 0 200 100" onload="alert(1)">
<script>alert(2)</script><style>rect { fill: url(https://evil.example/x) }</style>
<rect width="200" height="100" fill="#148c50" onclick="alert(3)" style="fill:url(//evil.example)"/>
<image href="https://evil.example/track.png" width="9" height="9"/><foreignObject><p>hi</p></foreignObject>
<a xlink:href="javascript:alert(4)"><circle r="9"/></a><use href="https://evil.example/x.svg#y"/>
<set attributeName="fill" to="red"/><metadata>made by Cleo</metadata></svg>"""


def pixels(size=(300, 200), colour=GREEN, kind="PNG", **more):
    """A picture of one colour."""
    out = BytesIO()
    mode = "RGB" if kind == "JPEG" else "RGBA"
    Image.new(mode, size, colour[:3] if kind == "JPEG" else colour).save(out, kind, **more)
    return out.getvalue()


def seen(data):
    """The size of a picture, and the colour in the middle of its upper edge."""
    with Image.open(BytesIO(data)) as image:
        assert image.format == "PNG"
        return image.size, image.convert("RGBA").getpixel((image.width // 2, 2))


async def definition(house):
    [(credential, version)] = await house.rows("select credential_id, id from credential_version")
    return f"/definitions/{credential}/image", f"/achievements/{version}"


async def test_a_credential_has_the_picture_that_somebody_gave_it_wherever_it_shows(house, ask, world):
    id_ = await awarded(house, ask, world)
    where, achievement = await definition(house)
    anybody, lena = house.client(), await house.browser("Lena")
    by_default = await anybody.get(f"{achievement}/image")
    assert (by_default.status_code, seen(by_default.content)[0]) == (200, (800, 800))
    document = (await anybody.get(f"/credentials/{id_}.json")).json()
    image = document["credentialSubject"]["achievement"]["image"]
    assert image["id"] == f"{house.address}{achievement}/image"

    secret = PngImagePlugin.PngInfo()
    secret.add_text("Author", "somebody who is nobody's business")
    given = await lena.put(where, content=pixels(pnginfo=secret))
    assert (given.status_code, given.json()) == (200, {"width": 300, "height": 200, "isVector": False})
    found = await anybody.get(f"{achievement}/image")
    assert seen(found.content) == ((300, 200), GREEN)
    assert b"nobody's business" not in found.content
    assert found.headers["cache-control"] == "public, max-age=3600"
    again = await anybody.get(f"{achievement}/image", headers={"if-none-match": found.headers["etag"]})
    assert again.status_code == 304
    assert (await anybody.get(f"/credentials/{id_}.json")).json() == document, "nothing is signed anew"

    baked = (await anybody.get(f"/credentials/{id_}.png")).content
    assert (seen(baked), json.loads(unbaked_png(baked))) == (((300, 200), GREEN), document)
    curves = await anybody.get(f"/credentials/{id_}.svg")
    assert json.loads(unbaked_svg(curves.content)) == document
    assert b"data:image/png;base64," in curves.content
    pdf = (await anybody.get(f"/credentials/{id_}.pdf")).content
    assert pdf.startswith(b"%PDF")
    assert (await anybody.get(where)).status_code == 405

    assert (await lena.delete(where)).status_code == 204
    assert (await anybody.get(f"{achievement}/image")).content == by_default.content
    assert await house.rows("select 1 from image") == [], "what nothing leads to is gone"


async def test_an_svg_is_written_anew_with_what_draws_and_nothing_else(house, ask, world):
    id_ = await awarded(house, ask, world)
    where, achievement = await definition(house)
    anybody, lena = house.client(), await house.browser("Lena")
    for given in (DRAWN, HOSTILE):
        answer = await lena.put(where, content=given)
        assert (answer.status_code, answer.json()["isVector"]) == (200, True), answer.text
        assert seen((await anybody.get(f"{achievement}/image")).content) == ((1200, 600), GREEN)
        curves = await anybody.get(f"{achievement}.svg")
        assert b"#148c50" in curves.content
        for harm in (b"script", b"alert", b"evil", b"style", b"onload", b"<a", b"foreign", b"Cleo", b"<set"):
            assert harm not in curves.content.replace(b"style-src", b""), harm
        assert "sandbox" in curves.headers["content-security-policy"]
    baked = (await anybody.get(f"/credentials/{id_}.svg")).content
    assert json.loads(unbaked_svg(baked))["id"].endswith(id_)


def svg(inside):
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>'.encode()


def tenfold(n):
    """A group that uses the one before ten times."""
    return f'<g id="g{n}">{f"""<use href="#g{n - 1}"/>""" * 10}</g>'


WRONG = {
    "no picture": b"hello",
    "nothing": b"",
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "entities": b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg(""),
    "not well-formed": b'<svg xmlns="http://www.w3.org/2000/svg"><g></svg>',
    "no size": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "no SVG": b'<?xml version="1.0"?><html/>',
    "a bomb": svg('<g id="g0"/>' + "".join(tenfold(n) for n in range(1, 9))),
    "in itself": svg('<g id="a"><use href="#a"/></g>'),
    "half a picture": pixels()[:200],
    "too small": pixels((20, 20)),
    "another kind": pixels(kind="GIF"),
    "too long": pixels() + bytes(2_000_000),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_no_picture_is_refused_and_changes_nothing(house, ask, world, what):
    await awarded(house, ask, world)
    where, _ = await definition(house)
    lena = await house.browser("Lena")
    assert (await lena.put(where, content=pixels())).status_code == 200
    before = await kept(house)
    for address in (where, "/issuer/image"):
        answer = await lena.put(address, content=WRONG[what])
        if what == "too long":
            assert (answer.status_code, answer.text) == (413, "A picture has at most 2 MB.\n")
        else:
            assert (answer.status_code, answer.text[:25]) == (422, "The picture is not taken:")
    assert await kept(house) == before


async def test_pictures_are_given_by_who_writes_definitions(house, ask, world):
    await awarded(house, ask, world)
    where, _ = await definition(house)
    lena, cleo = await house.browser("Lena"), await house.browser("Cleo")
    elsewhere = house.client(headers={"cookie": lena.headers["cookie"], "origin": "https://evil.example"})
    before = await kept(house)
    for method in ("PUT", "DELETE"):
        for address in (where, "/issuer/image"):
            for who, status in ((house.client(), 401), (cleo, 403), (elsewhere, 403)):
                assert (await who.request(method, address, content=pixels())).status_code == status
    unknown = "/definitions/00000000-0000-4000-8000-000000000000/image"
    assert (await lena.put(unknown, content=pixels())).status_code == 404
    assert (await lena.put("/issuer/image", content=pixels())).status_code == 404, "nobody is described yet"
    assert (await lena.put(f"{where}?url=https://127.0.0.1/x.png")).status_code == 422, "a private address"
    assert await kept(house) == before


DESCRIBE = "mutation ($input: DescribeIssuerInput!) { describeIssuer(input: $input) { __typename } }"


async def test_the_issuer_has_a_logo(house, ask, world):
    lena, anybody = await house.browser("Lena"), house.client()
    await ask.do(DESCRIBE, {"name": "Test Works"}, viewer=world.viewer("Lena"))
    assert (await anybody.get("/issuer/image")).status_code == 404
    assert (await lena.put("/issuer/image", content=pixels(kind="JPEG"))).status_code == 200
    assert seen((await anybody.get("/issuer/image")).content)[0] == (300, 200)
    id_ = await awarded(house, ask, world)
    profile = (await anybody.get(f"/credentials/{id_}.json")).json()["issuer"]
    assert profile["image"] == {
        "id": f"{house.address}/issuer/image",
        "type": "Image",
        "caption": "The logo of Test Works",
    }
    assert (await anybody.get("/issuer", headers={"accept": "application/json"})).json()["image"]
    assert (await anybody.get(f"/credentials/{id_}.pdf")).content.startswith(b"%PDF")
    verbs = await house.rows("select verb from audit_entry where verb like '%.illustrate'")
    assert verbs == [("issuer.illustrate",)]


def test_what_draws_is_left_as_it_was():
    written = clean(DRAWN.encode())
    for part in ('viewBox="0 0 200 100"', "<title>Arch</title>", 'fill="url(#g)"', "linearGradient"):
        assert part in written
    with pytest.raises(NotDrawable, match="not in UTF-8"):
        clean(b"<svg \xff")


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
async def test_the_page_shows_it(house, ask, world, tmp_path):
    pictures = Path(os.environ.get("CAIRN_TEST_PICTURES", tmp_path))
    id_ = await awarded(house, ask, world)
    where, _ = await definition(house)
    assert (await (await house.browser("Lena")).put(where, content=DRAWN)).status_code == 200
    async with tab() as opened:
        await opened.open(f"{house.address}/credentials/{id_}")
        await opened.until("document.querySelector('header img')?.complete")
        assert await opened.evaluate("document.querySelector('header img').naturalWidth") > 0
        await opened.picture(pictures / "illustrated.png")
        assert opened.said == []


async def test_a_picture_is_of_the_credential_and_so_of_each_version(house, ask, world):
    await awarded(house, ask, world)
    where, first = await definition(house)
    assert (await (await house.browser("Lena")).put(where, content=pixels(colour=RED))).status_code == 200
    await house.rows(
        "insert into credential_version select (jsonb_populate_record(version, jsonb_build_object("
        "'id', '0190a000-0000-7000-8000-000000000001', 'number', 2, 'status', 'RETIRED'))).*"
        " from credential_version version"
    )
    for each in (first, "/achievements/0190a000-0000-7000-8000-000000000001"):
        assert seen((await house.client().get(f"{each}/image")).content) == ((300, 200), RED)
