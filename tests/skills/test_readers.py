"""Excerpts of real files, as their publishers have them (`data/NOTICE.md`)."""

from pathlib import Path

import pytest

from cairn.skills.frameworks import Publication
from cairn.skills.readers import esco, nice, onet, table
from cairn.skills.readers.files import Unreadable

DATA = Path(__file__).parent / "data"


def tree(reading):
    return {draft.code: (draft.name, draft.parent) for draft in reading.skills}


OUTLOOK = "43233501/Microsoft Outlook"
ONET = {
    "2.A": ("Basic Skills", None),
    "2.A.1": ("Content", "2.A"),
    "2.A.1.a": ("Reading Comprehension", "2.A.1"),
    "2.A.1.b": ("Active Listening", "2.A.1"),
    "2.B": ("Cross-Functional Skills", None),
    "2.B.1": ("Social Skills", "2.B"),
    "2.B.1.a": ("Social Perceptiveness", "2.B.1"),
    "2.C": ("Knowledge", None),
    "2.C.1": ("Business and Management", "2.C"),
    "2.C.1.a": ("Administration and Management", "2.C.1"),
    "technology": ("Technology Skills", None),
    "43232202": ("Document management software", "technology"),
    "43232202/Adobe Acrobat": ("Adobe Acrobat", "43232202"),
    "43232203": ("File versioning software", "technology"),
    "43232203/Git": ("Git", "43232203"),
    "43232110": ("Spreadsheet software", "technology"),
    "43232110/Microsoft Excel": ("Microsoft Excel", "43232110"),
    "43233501": ("Electronic mail software", "technology"),
    OUTLOOK: ("Microsoft Outlook", "43233501"),
    "43232405": ("Object or component oriented development software", "technology"),
    "43232405/Python": ("Python", "43232405"),
}


@pytest.mark.parametrize("folder", ["onet_text", "onet_csv"])
def test_onet_is_read_in_both_layouts(folder):
    assert tree(onet.read(DATA / folder, "29.3")) == ONET


def test_the_folder_of_a_release_of_onet_says_its_version():
    assert onet.version_of(Path("somewhere/db_29_3_text")) == "29.3"
    assert onet.version_of(Path("somewhere/onet")) is None


def test_esco_is_read_with_its_groups():
    reading = esco.read(DATA / "esco")
    drafts = {draft.code: draft for draft in reading.skills}
    haskell = drafts["000f1d3d-220f-4789-9c0a-cc742521fb02"]
    assert (haskell.name, haskell.aliases) == ("Haskell", ["Haskell techniques"])
    programming = "21d2f96d-35f7-4e3f-9745-c533d2dd6e97"
    assert (haskell.parent, haskell.broader) == ("0613", [programming])
    assert drafts[programming].name == "computer programming"
    above = {code: drafts[code].parent for code in ("0613", "061", "06", "K", "S3.1.3", "S3.1", "S3", "S")}
    assert above == {
        "0613": "061",
        "061": "06",
        "06": "K",
        "K": None,
        "S3.1.3": "S3.1",
        "S3.1": "S3",
        "S3": "S",
        "S": None,
    }
    assert reading.notes == [
        "1 concepts that are not in version 1.2.0 were left out",
        "1 links lead to broader concepts that are not in the files, and were left out",
    ]


def test_nice_is_read_by_competency():
    reading = nice.read(DATA / "nice")
    drafts = {draft.code: draft for draft in reading.skills}
    assert drafts["C005"].name == "Computer Forensics"
    assert drafts["S0069"].name == "Setting up a forensic workstation"
    assert drafts["S0069"].description == "Skill in setting up a forensic workstation."
    assert drafts["S0069"].parent == "C005"
    assert reading.notes == ["29 pieces of knowledge, abilities and skills without a text were left out"]


def written(folder, text, name="skills.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return table.read(path, Publication("Own", "1"))


def test_a_table_of_ones_own(tmp_path):
    text = "\ufeffcode,name,parent,aliases,broader\r\np,Python,l,Py | CPython,x|y\r\nl,Languages\r\n"
    first, second = written(tmp_path, text).skills
    assert (first.code, first.name, first.parent) == ("p", "Python", "l")
    assert (first.aliases, first.broader) == (["Py", "CPython"], ["x", "y"])
    assert (second.name, second.parent, second.description) == ("Languages", None, None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,label\n1,a\n", "has no column code and no column name in its first line"),
        ("", "has no column code"),
        ("code,name\n1,a,b\n", "line 2: 3 fields, and the header has 2"),
        (b"code,name\n1,\xff\n", "is not UTF-8"),
        ('code,name\n1,"a\n', "line 2: unexpected end of data"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path, text, says):
    with pytest.raises(Unreadable, match=says):
        list(written(tmp_path, text).skills)


@pytest.mark.parametrize("read", [lambda path: onet.read(path, "1"), esco.read, nice.read])
def test_a_folder_without_the_files_is_refused(tmp_path, read):
    with pytest.raises(Unreadable, match="has no"):
        read(tmp_path)
