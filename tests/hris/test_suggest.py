"""A map suggested from a file, by the names of its columns and by what stands in them."""

import pytest

from cairn.access.refusal import InvalidInput
from cairn.demo import data
from cairn.hris.mapping import read_map
from cairn.hris.read import UnreadableFile
from cairn.hris.suggest import plain, suggest


async def suggested(content, file="people.csv"):
    async def opened():
        yield content if isinstance(content, bytes) else content.encode()

    return await suggest(opened, file)


async def columns(header):
    """The columns by the field that they are taken for, of a file with one empty row."""
    row = ",".join("x" for _ in header.split(","))
    found = await suggested(f"{header}\n{row}\n")
    read_map(found.text)
    return found.guessed


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("EmployeeID", "employee id"),
        ("employee_key", "employee key"),
        ("Employee #", "employee number"),
        ("E-Mail (geschäftlich)", "e mail geschaeftlich"),
        ("Worker's Prénom", "worker s prenom"),
    ],
)
def test_names_are_compared_as_plain_words(name, words):
    assert plain(name) == words


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            "Employee ID,Legal First Name,Legal Last Name,Work Email,Job Title,Supervisory Organization",
            "externalId givenName familyName email title departmentName",
        ),
        (
            "Employee #,First Name,Last Name,Work Email,Job Title,Department,Location,Work Phone",
            "externalId givenName familyName email title departmentName location phone",
        ),
        (
            "USERID,FIRSTNAME,LASTNAME,EMAIL,TITLE,DEPARTMENT,LOCATION,TIMEZONE",
            "externalId givenName familyName email title departmentName location timeZone",
        ),
        (
            "Personalnummer,Vorname,Nachname,E-Mail,Position,Abteilung,Standort",
            "externalId givenName familyName email title departmentName location",
        ),
        (
            "Associate ID,Full Name,Work Email,Job Title Description,Home Department Description",
            "externalId displayName email title departmentName",
        ),
        ("Emploee ID,Frist Name,Sur-Name,E-mail Adress", "externalId givenName familyName email"),
    ],
)
async def test_the_headers_of_well_known_systems_are_known(header, fields):
    found = await columns(header)
    assert [found.get(field) for field in fields.split()] == header.split(",")


async def test_managers_are_named_by_the_column_that_has_their_values():
    found = await suggested(
        "Employee Number,User ID,Name,Manager ID,Reports To\n1,ann,A,,\n2,bob,B,ann,Ann\n3,cyd,C,ann,Ann\n"
    )
    assert (found.guessed["externalId"], found.guessed["manager"]) == ("User ID", "Manager ID")
    assert found.guessed["number"] == "Employee Number"
    found = await suggested("Employee ID,Reports To\n1,\n2,Ann Lee\n")
    assert "manager" not in found.guessed
    assert "Reports To does not name managers by what tells people apart" in found.doubts[0]


async def test_days_and_words_are_told_from_the_values():
    found = await suggested(
        "Employee ID,Hire Date,Termination Date,Status\n"
        "1,31.01.2024,,Active\n2,01.02.2023,12/31/2024,Leave of absence\n3,01.02.2023,,Gone fishing\n"
    )
    map_ = read_map(found.text)
    assert {map_.file.dates, map_.person["lastDay"].date or map_.file.dates} >= {"MM/DD/YYYY"}
    assert (map_.person["hiredOn"].date or map_.file.dates) == "DD.MM.YYYY"
    assert map_.person["status"].values == {"Leave of absence": "ON_LEAVE"}
    assert found.doubts == ["Gone fishing in Status means nothing yet; add it to values"]


async def test_days_that_may_be_read_two_ways_are_a_doubt():
    found = await suggested("id,Hire Date\n1,01/02/2024\n")
    assert found.doubts == ["the days in Hire Date may be MM/DD/YYYY or DD/MM/YYYY"]
    assert "# Look at this: the days in Hire Date may be MM/DD/YYYY or DD/MM/YYYY.\n" in found.text


async def test_a_file_in_another_encoding_is_suggested_with_it():
    found = await suggested("Personalnummer;Vorname\n1;Jürgen\n".encode("windows-1252"))
    assert read_map(found.text).file.encoding == "windows-1252"
    assert "such as Jürgen" in found.text


async def test_what_is_not_read_is_listed_and_what_cannot_be_told_is_left_to_be_written():
    found = await suggested("Shoe size,First name\n38,Ann\n")
    assert found.left == ["Shoe size"]
    assert "# Not read: Shoe size\n" in found.text
    assert 'externalId = ""\n' in found.text
    assert found.doubts == ["no column is known to tell people apart; write its name after externalId"]


async def test_hostile_names_and_values_stay_what_they_are():
    found = await suggested('id,"First\n[person] ""x"" \\ \x7f"\n1,"a\n# b"\n{}\n')
    read_map(found.text)
    found = await suggested('id,First name,Status\n1,"a\n""b"" = \\","x\ny"\n')
    assert read_map(found.text).person["givenName"].column == "First name"


async def test_a_file_without_rows_suggests_nothing():
    with pytest.raises(UnreadableFile, match="there is no row below the header"):
        await suggested("id,name\n")


async def test_adventure_works_is_told_to_have_several_rows_a_person():
    found = await suggested((data.FOLDER / "employees.csv").read_bytes())
    map_ = read_map(found.text)
    assert map_.history is not None
    assert map_.history.row == "employee_key"
    assert map_.person["externalId"].column == "login"
    assert map_.person["manager"].column == "manager_key"
    assert map_.person["hiredOn"].column == "start_date"


async def test_somebody_who_is_there_twice_is_no_history():
    header = "Personalnummer;Vorname;Eintrittsdatum;Status;Austrittsdatum\n"
    rows = (
        "1;Ann;01.03.15;aktiv;",
        "2;Bob;15.06.18;Elternzeit;",
        "2;Bob;15.06.18;aktiv;",
        "3;Cyd;01.01.99;ausgetreten;31.12.23",
    )
    found = await suggested(header + "\n".join(rows))
    assert "[history]" not in found.text
    assert {"status", "lastDay", "hiredOn"} <= set(found.guessed)
    assert any("2 stands in several rows of Personalnummer" in each for each in found.doubts)


async def test_a_header_below_a_title_is_found():
    report = "Employee Report,,\nGenerated 2026-01-01,,\n\nEmployee ID,First Name,Last Name\n1,Ada,Byron\n"
    found = await suggested(report)
    assert found.guessed == {
        "externalId": "Employee ID",
        "givenName": "First Name",
        "familyName": "Last Name",
    }
    assert read_map(found.text).file.header_row == 4
    narrow = "Employee Report\nEmployee ID;First Name;Last Name\n1;Ada;Byron\n"
    assert read_map((await suggested(narrow)).text).file.header_row == 2


async def test_a_manager_who_is_nobody_is_none():
    found = await suggested("USERID,FIRSTNAME,MANAGER\n1,Ada,NO_MANAGER\n2,Ben,1\n3,Cleo,1\n")
    assert read_map(found.text).person["manager"].values == {"NO_MANAGER": ""}


async def test_a_manager_by_a_number_in_brackets_and_words_for_who_left():
    found = await suggested(
        "Personalnummer;Vorname;Nachname;Status;Vorgesetzter (Personalnummer)\n"
        "1;Ada;Byron;Aktiv;\n2;Ben;King;Ausgeschieden;1\n"
    )
    assert found.guessed["manager"] == "Vorgesetzter (Personalnummer)"
    assert not found.doubts


def test_a_map_that_was_not_filled_in_is_refused_by_its_field():
    with pytest.raises(InvalidInput, match=r"person\.externalId: write the name of the column"):
        read_map('[person]\nexternalId = ""\n')
