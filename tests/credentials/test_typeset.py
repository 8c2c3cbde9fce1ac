"""Typesetting within bounds: what a typst source may do, what it is refused; and facts are but facts."""

import os
import random
import struct
from pathlib import Path

import pytest
import typst

import pdf
from cairn.credentials import typeset as typesetting
from cairn.credentials.certificate import certificate
from cairn.credentials.picture import Badge
from cairn.credentials.typeset import BrokenTemplate, typeset

GIVEN = {
    "title": "Data: Cleo",
    "issuer": "Test Works",
    "description": "Knows data",
    "document": '{"id": "https://cairn.test/credentials/1"}',
    "holder": "Cleo",
}
ENDLESS = (
    bytes.fromhex("0061736d010000000105016000017f030201000503010001")
    + b"\x07\x10\x02\x06memory\x02\x00\x03run\x00\x00"
    + bytes.fromhex("0a0b01090003400c000b41000b")
)
"""A WebAssembly module with memory, whose function `run` never returns."""
LINKED = """#image(bytes("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>\\
<image href='http://127.0.0.1/x.png' width='9' height='9'/></svg>"))"""
HOSTILE = {
    "a file": ('#read("/etc/passwd")', "line 1, column 7: file not found"),
    "above": ('a\n  #read("../../etc/passwd")', 'line 2, column 9: path `"../../etc/passwd"` would escape'),
    "a picture": ('#image("/etc/hostname")', "line 1, column 8: file not found"),
    "in a picture": (
        LINKED,
        "line 1, column 8: failed to load linked image",
    ),
    "source in source": ('#eval("read(\\"/etc/passwd\\")")', "line 1, column 7: file not found"),
    "a package": ('#import "@preview/example:0.1.0": *', "line 1, column 9: failed to download package"),
    "an endless loop": (
        "#let f() = for i in range(1000000) { for j in range(100000) {} }\n#f()",
        "it takes more than 3 seconds",
    ),
    "an endless plugin": (
        f"#let p = plugin(bytes(({','.join(map(str, ENDLESS))})))\n#p.run()",
        "it takes more than 3 seconds",
    ),
    "much at once": ("#let x = ([],) * 1000000000", "it takes more than 768 MB"),
    "more and more": (
        '#let a = "ab"\n#for i in range(40) { a = a + a }\n#a.len()',
        "it takes more than 768 MB",
    ),
    "pages": ("#for i in range(30) [x#pagebreak()]", "it comes to 31 pages, and a certificate has at most 4"),
    "depth": ("#let f(x) = f(x)\n#f(1)", "line 1, column 13: maximum function call depth exceeded"),
    "a mistake": ("Dear\n  #given.whom", 'line 2, column 10: dictionary does not contain key "whom"'),
    "a mistake above": ("#let x = (\n", "line 1, column 10: unclosed delimiter"),
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_a_template_does_nothing_but_draw(what):
    source, says = HOSTILE[what]
    with pytest.raises(BrokenTemplate) as refused:
        await typeset(source, GIVEN)
    assert str(refused.value.problems[0]).startswith(says)
    assert refused.value.message.startswith(f"The template is not taken: {says}")
    assert "cairn-" not in refused.value.message, "no path of this machine is told"


async def test_the_child_opens_nothing_and_knows_nothing(monkeypatch, tmp_path):
    """Also where the root is no empty folder."""
    monkeypatch.setenv("CAIRN_SIGNING_KEY", "secret")
    (tmp_path / "there.txt").write_text("there")
    monkeypatch.setattr(typesetting, "TemporaryDirectory", lambda **_: Held(tmp_path))
    with pytest.raises(BrokenTemplate) as refused:
        await typeset('#read("there.txt")', GIVEN)
    assert "Too many open files" in refused.value.message
    assert "CAIRN_SIGNING_KEY" not in typesetting._ENVIRONMENT
    assert os.environ["CAIRN_SIGNING_KEY"]


class Held:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        return str(self.path)

    def __exit__(self, *_):
        return None


async def test_what_is_given_is_never_markup():
    names = [
        '#read("/etc/passwd")',
        "*bold* _it_ $x$ = y",
        "]) #panic[",
        "<label> @ref // gone",
        'back\\slash `tick` "said"',
    ]
    for name in names:
        found = await typeset("#set page(width: 30cm)\n#given.holder", {**GIVEN, "holder": name})
        assert pdf.text(found.body) == name


async def test_the_signed_document_is_in_it_whatever_the_template_says():
    for source in (
        "Hello",
        '#set page(paper: "a6")\nHello',
        "/* to the end",
        '#set document(title: "Own")\nA',
    ):
        found = await typeset(source, GIVEN)
        assert GIVEN["document"].encode() in pdf.streams(found.body)
        assert found.pages == 1
    preview = (await typeset("Hello", GIVEN, "png")).body
    assert preview.startswith(b"\x89PNG")
    assert struct.unpack(">II", preview[16:24]) == (794, 1123), "A4 at 96 pixels an inch"


ATTACHED = '#pdf.attach("n.txt", what, mime-type: kind, description: "n", relationship: "data")'


async def test_a_certificate_has_no_more_than_ten_megabytes():
    noise = {**GIVEN, "noise": random.Random(1).randbytes(11_000_000).hex()}
    with pytest.raises(BrokenTemplate, match="it comes to more than 10 MB"):
        await typeset('#let (kind, what) = ("text/plain", bytes(given.noise))\n' + ATTACHED, noise)


async def test_a_font_that_nobody_has_is_said():
    found = await typeset('#set text(font: "No Such Font")\nHello', GIVEN)
    assert [each.message for each in found.warnings] == ["unknown font family: no such font"]
    assert (await typeset("Hello", GIVEN)).warnings == []


async def test_a_font_of_this_machine_is_there_by_its_name(tmp_path):
    own = set(typst.Fonts(include_system_fonts=False).families())
    here = sorted(set(typst.Fonts().families()) - own)
    if not here:
        pytest.skip("there are no fonts here but those of the compiler")
    found = await typeset(f'#set text(font: "{here[0]}")\n*2 + 3* 2 + 3', GIVEN)
    assert found.warnings == []
    assert here[0].replace(" ", "") in pdf.fonts(found.body, tmp_path)


def document(name: str) -> dict:
    return {
        "id": "https://cairn.test/credentials/0190a000-0000-7000-8000-000000000001",
        "issuer": {"name": "Test Works"},
        "awardedDate": "2026-03-01T00:00:00Z",
        "credentialSubject": {
            "identifier": [{"identityHash": name, "identityType": "name", "hashed": False}],
            "achievement": {
                "name": "Data",
                "description": "Knows data",
                "criteria": {"narrative": "Learns data"},
            },
        },
    }


NAMES = {
    "Latin": "Zoë Ångström-Świątek",
    "Cyrillic": "Лев Толстой",
    "Hebrew": "שרה כהן",
    "Arabic": "محمد بن سلمان",
    "Chinese": "王小明",
    "Japanese": "山田 花子",
    "Korean": "김민준",
    "Thai": "สมชาย",
    "a face": "Ann 🎓",
}


@pytest.mark.parametrize("script", NAMES)
async def test_everybody_has_a_certificate_however_they_are_written(script, tmp_path):
    """What no font here can show is a box; the certificate is there, with the name in the document."""
    pictures = Path(os.environ.get("CAIRN_TEST_PICTURES", tmp_path))
    made = await certificate(document(NAMES[script]), Badge("Data", "Badge", "Test Works"))
    assert any(NAMES[script].encode() in each for each in pdf.streams(made))
    if script in {"Latin", "Cyrillic", "Hebrew", "Arabic"}:
        assert b"pdfaid:part" in made, "for the archive"
    pdf.picture(made, pictures / f"certificate-{script}.png")
