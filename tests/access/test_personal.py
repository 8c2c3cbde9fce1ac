"""What becomes of rows about a person who is erased is decided for every table."""

import pytest
from sqlalchemy import Column, ForeignKey, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

import cairn.app  # noqa: F401  # registers every room's tables, and what becomes of them
from cairn.access import personal
from cairn.access.personal import about, impersonal, keeps, undecided
from cairn.db.tables import Table_


def test_what_becomes_of_every_table_is_decided():
    assert list(undecided()) == []


class Diary:
    __tablename__ = "diary"


@pytest.fixture
def diary(monkeypatch):
    """A table that somebody adds, with these columns."""
    fates = personal._Fates(**{name: value.copy() for name, value in vars(personal._fates).items()})
    monkeypatch.setattr(personal, "_fates", fates)

    def add(*columns):
        about.cache_clear()
        return Table("diary", Table_.metadata, Column("id", Uuid, primary_key=True), *columns)

    yield add
    Table_.metadata.remove(Table_.metadata.tables["diary"])
    about.cache_clear()


def whose(ondelete=None, to="employee"):
    return Column("whose", Uuid, ForeignKey(f"{to}.id", ondelete=ondelete))


def test_a_foreign_key_to_a_person_has_to_be_decided(diary):
    diary(whose())
    [told] = undecided()
    assert told.startswith("diary.whose leads to employee: give its foreign key an ondelete (CASCADE")
    assert "write keeps, mentions or clears for it in access.py of its room" in told


def test_a_foreign_key_to_what_goes_has_to_be_decided(diary):
    diary(whose(to="session"))
    [told] = undecided()
    assert told.startswith("diary.whose leads to session: give its foreign key an ondelete")


@pytest.mark.parametrize("ondelete", ["CASCADE", "SET NULL"])
def test_what_becomes_of_the_row_decides_it(diary, ondelete):
    diary(whose(ondelete))
    assert list(undecided()) == []


def test_what_follows_from_a_row_about_a_person_is_about_the_person(diary):
    table = diary(whose("CASCADE", to="award"))
    assert [key.column.table.name for key in about()[table]] == ["award"]


@pytest.mark.parametrize(("name", "type_"), [("said", JSONB), ("email", Text), ("row", Uuid)])
def test_what_may_tell_of_a_person_has_to_be_decided(diary, name, type_):
    diary(Column(name, type_))
    [told] = undecided()
    assert told.startswith(f"diary has {name}, which may tell of a person: in access.py of its room")
    impersonal(Diary)
    assert list(undecided()) == []


def test_what_stays_of_a_person_leaves_out_every_text(diary):
    diary(whose(), Column("note", Text), Column("said", JSONB))
    keeps(Diary, "whose", blank={"note": None})
    about.cache_clear()
    [told] = undecided()
    assert told.startswith("diary has said, which may tell of a person: add it to the blank of its keeps")
