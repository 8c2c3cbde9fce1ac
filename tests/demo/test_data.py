"""The packed files of the sample company agree with themselves and with each other."""

import csv
import hashlib
import re
import tomllib
from collections import Counter, defaultdict
from datetime import date
from graphlib import TopologicalSorter
from importlib.resources import files
from itertools import pairwise

import pytest

DATA = files("cairn.demo") / "data"

KINDS_OF_STEP = {
    *("COURSE", "WORKSHOP", "CONFERENCE", "PROJECT", "ASSESSMENT"),
    *("READING", "MENTORING", "PORTFOLIO", "CREDENTIAL", "PATHWAY"),
}
PROOFS = {"SELF", "MANAGER", "ASSESSMENT", "IMPORTED"}
KINDS_OF_CREDENTIAL = {"BADGE", "CERTIFICATE", "MICRO_CREDENTIAL", "LICENSE"}


def rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def toml(name):
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


EMPLOYEES = rows("employees.csv")
ROLES = rows("roles.csv")
SKILLS = {skill["code"]: skill for skill in rows("skills.csv")}
ROLE_SKILLS = rows("role_skills.csv")
PATHWAYS = {pathway["key"]: pathway for pathway in toml("pathways.toml")["pathway"]}
CREDENTIALS = {credential["key"]: credential for credential in toml("credentials.toml")["credential"]}

PERIODS = defaultdict(list)
for _row in EMPLOYEES:
    PERIODS[_row["login"]].append(_row)
LOGIN = {row["employee_key"]: row["login"] for row in EMPLOYEES}
MANAGER = {row["login"]: LOGIN.get(row["manager_key"]) for row in EMPLOYEES}


def test_files_are_utf8_with_bare_line_feeds_and_stay_small():
    total = 0
    for file in DATA.iterdir():
        content = file.read_bytes()
        content.decode("utf-8")
        assert b"\r" not in content, file.name
        assert not content.startswith(b"\xef\xbb\xbf"), file.name
        assert content.endswith(b"\n"), file.name
        total += len(content)
    assert total < 400_000


@pytest.mark.parametrize("name", ["employees", "roles", "skills", "role_skills", "levels"])
def test_tables_are_rectangular(name):
    for row in rows(f"{name}.csv"):
        assert None not in row, row
        assert None not in row.values(), row
        assert all(value == value.strip() for value in row.values()), row


def test_notice_names_each_source_and_its_terms():
    notice = (DATA / "NOTICE.md").read_text(encoding="utf-8")
    for words in (
        "Copyright (c) Microsoft Corporation",
        "U.S. Department of Labor, Employment and Training Administration",
        "https://creativecommons.org/licenses/by/4.0/",
        "has not approved, endorsed, or tested these modifications",
        "Copyright (c) 2021 Exercism",
        "Copyright (c) 2015-2023 Open Source Society University",
    ):
        assert words in notice
    assert notice.count("THE SOFTWARE IS PROVIDED") == 3


# People


def test_employees_are_as_published():
    digest = hashlib.sha256((DATA / "employees.csv").read_bytes()).hexdigest()
    assert digest == "c0773f9649dbba2451907c8f32494597d69c70e63cc6bfa156977037ad7020ce"
    assert len(EMPLOYEES) == 296
    assert len(LOGIN) == 296


def test_login_and_email_identify_a_person():
    assert len(PERIODS) == 290
    assert len({row["email"] for row in EMPLOYEES}) == 290
    for row in EMPLOYEES:
        assert row["email"].split("@")[0] == row["login"].removeprefix("adventure-works\\")


def test_rows_of_one_person_differ_in_key_and_dates_only():
    for periods in PERIODS.values():
        differing = {column for column in periods[0] if len({row[column] for row in periods}) > 1}
        assert differing <= {"employee_key", "start_date", "end_date", "current"}


def test_superseded_rows_are_those_with_an_end():
    for periods in PERIODS.values():
        assert [row["current"] for row in periods] == ["NULL"] * (len(periods) - 1) + ["Current"]
        assert [bool(row["end_date"]) for row in periods] == [True] * (len(periods) - 1) + [False]


def test_periods_of_one_person_follow_each_other():
    customs = Counter()
    for periods in PERIODS.values():
        assert periods[0]["start_date"] == periods[0]["hire_date"]
        for earlier, later in pairwise(periods):
            end, start = (date.fromisoformat(day) for day in (earlier["end_date"], later["start_date"]))
            assert date.fromisoformat(earlier["start_date"]) < start
            customs[(start - end).days] += 1
    assert customs == {1: 4, 0: 2}


def test_everyone_but_one_has_a_known_manager():
    assert [row["login"] for row in EMPLOYEES if not row["manager_key"]] == ["adventure-works\\ken0"]
    assert {row["manager_key"] for row in EMPLOYEES} - {""} <= set(LOGIN)


def test_many_manager_keys_point_to_superseded_rows():
    superseded = {row["employee_key"] for row in EMPLOYEES if row["current"] != "Current"}
    stale = Counter(row["manager_key"] for row in EMPLOYEES if row["manager_key"] in superseded)
    assert stale == {"7": 8, "143": 4, "278": 11}


def test_the_line_is_one_tree_of_five_levels():
    people = list(TopologicalSorter({who: {boss} for who, boss in MANAGER.items() if boss}).static_order())
    depth = {people[0]: 0}
    for who in people[1:]:
        depth[who] = depth[MANAGER[who]] + 1
    assert Counter(depth.values()) == {0: 1, 1: 7, 2: 48, 3: 206, 4: 28}


def test_many_were_hired_before_their_manager():
    hired = {row["login"]: row["hire_date"] for row in EMPLOYEES}
    earlier = [who for who, boss in MANAGER.items() if boss and hired[who] < hired[boss]]
    assert len(earlier) == 101
    assert max(hired[MANAGER[who]] for who in earlier) == "2010-09-25"


@pytest.mark.parametrize(
    ("person", "title", "below"),
    [
        ("gail0", "Design Engineer", []),
        ("peter0", "Production Control Manager", [24, 168, 8]),
        ("mindy0", "Benefits Specialist", []),
        ("paula0", "Human Resources Manager", [5]),
        ("mike0", "Accountant", []),
        ("roberto0", "Engineering Manager", [7, 5]),
    ],
)
def test_personas_are_who_the_readme_says(person, title, below):
    login = f"adventure-works\\{person}"
    assert PERIODS[login][-1]["title"] == title
    assert f"{person}@adventure-works.com" in (DATA / "README.md").read_text(encoding="utf-8")
    found, above = [], {login}
    while above := {who for who, boss in MANAGER.items() if boss in above}:
        found.append(len(above))
    assert found == below


# Roles and skills


def test_each_title_has_one_role():
    assert Counter(role["title"] for role in ROLES) == dict.fromkeys({row["title"] for row in EMPLOYEES}, 1)
    assert len(ROLES) == 67


def test_a_role_is_one_occupation_whatever_the_title():
    meanings = {
        (role["role"], role["soc"], role["occupation"], role["adjust"], role["leads"]) for role in ROLES
    }
    assert len(meanings) == len({role["role"] for role in ROLES}) == 53
    for role in ROLES:
        assert re.fullmatch(r"\d\d-\d{4}\.\d\d", role["soc"]), role
        assert role["adjust"] in {"-1", "0", "1"}, role
    assert len({role["soc"] for role in ROLES}) == len({role["occupation"] for role in ROLES})


def test_the_roles_that_lead_are_those_with_reports():
    role_of = {role["title"]: role["role"] for role in ROLES}
    title_of = {row["login"]: row["title"] for row in EMPLOYEES}
    leading = {role_of[title_of[boss]] for boss in MANAGER.values() if boss}
    assert {role["role"] for role in ROLES if role["leads"] == "true"} == leading
    assert {role["leads"] for role in ROLES} == {"true", "false"}


def test_a_work_centre_is_the_location_of_its_titles():
    for role in ROLES:
        centre = re.search(r" - (WC\d\d)$", role["title"])
        assert bool(role["location"]) == bool(centre), role
        if centre:
            assert role["location"].startswith(f"{centre[1]} "), role


def test_skills_are_trees_of_groups():
    assert len(SKILLS) == len(rows("skills.csv")) == 111
    TopologicalSorter({code: {skill["parent"]} for code, skill in SKILLS.items()}).prepare()
    for code, skill in SKILLS.items():
        assert skill["kind"] in {"group", "skill", "knowledge", "technology"}, code
        assert skill["name"], code
        assert skill["parent"] in SKILLS or (not skill["parent"] and skill["kind"] == "group"), code
        if SKILLS.get(skill["parent"], skill)["kind"] != "group":
            assert skill["kind"] == SKILLS[skill["parent"]]["kind"], code
    parents = {skill["parent"] for skill in SKILLS.values()}
    assert {code for code, skill in SKILLS.items() if skill["kind"] == "group"} <= parents
    assert sum(skill["kind"] == "skill" for skill in SKILLS.values()) == 35


def test_levels_are_zero_to_five():
    levels = rows("levels.csv")
    assert [level["level"] for level in levels] == list("012345")
    assert all(level["name"] and level["descriptor"] for level in levels)


def test_requirements_name_known_roles_and_skills_once():
    assert {row["role"] for row in ROLE_SKILLS} == {role["role"] for role in ROLES}
    assert len({(row["role"], row["skill"]) for row in ROLE_SKILLS}) == len(ROLE_SKILLS)
    for row in ROLE_SKILLS:
        assert SKILLS[row["skill"]]["kind"] != "group", row


def test_requirements_are_within_the_scale():
    for row in ROLE_SKILLS:
        assert row["level"] in set("12345"), row
        assert row["weight"] in set("12345"), row
        assert row["must_have"] in {"true", "false"}, row


def test_required_levels_follow_from_the_ratings():
    adjust = {role["role"]: int(role["adjust"]) for role in ROLES}
    for row in ROLE_SKILLS:
        assert bool(row["importance"]) == bool(row["onet_level"]), row
        if not row["importance"]:
            continue
        importance, rating = float(row["importance"]), float(row["onet_level"])
        assert 1 <= importance <= 5, row
        assert 0 <= rating <= 7, row
        knowledge = SKILLS[row["skill"]]["kind"] == "knowledge"
        slope = 5 / 6 if knowledge else 10 / 9
        level = max(1, min(5, int((rating - 1) * slope + 0.5 + 1e-9)))
        if row["must_have"] == "true" and not knowledge:
            level = max(1, min(5, level + adjust[row["role"]]))
        assert int(row["level"]) == level, row
        assert int(row["weight"]) == int(importance + 0.5), row


def test_a_role_asks_for_eight_to_twenty_skills_and_some_for_sure():
    asked, sure = Counter(), Counter()
    for row in ROLE_SKILLS:
        asked[row["role"]] += 1
        sure[row["role"]] += row["must_have"] == "true"
    assert all(8 <= n <= 20 for n in asked.values())
    assert all(1 <= n <= 6 for n in sure.values())


def test_whoever_leads_manages_people():
    managing = {row["role"] for row in ROLE_SKILLS if row["skill"] == "2.B.5.d"}
    assert {role["role"] for role in ROLES if role["leads"] == "true"} <= managing


# Pathways and credentials


def leaves(requirement):
    """Kind and content of each leaf; a choice must leave something to choose."""
    [(kind, body)] = requirement.items()
    if kind == "any":
        assert set(body) == {"n", "of"}
        assert 1 <= body["n"] < len(body["of"])
    branches = {"all": body, "any": body["of"] if kind == "any" else ()}.get(kind)
    if branches is None:
        return [(kind, body)]
    assert branches
    return [leaf for branch in branches for leaf in leaves(branch)]


def grants_are_sound(grants):
    assert len({grant["skill"] for grant in grants}) == len(grants)
    for grant in grants:
        assert SKILLS[grant["skill"]]["kind"] != "group", grant
        assert 1 <= grant["level"] <= 5, grant


def test_keys_are_unique_slugs():
    assert len(PATHWAYS) == len(toml("pathways.toml")["pathway"]) == 7
    assert len(CREDENTIALS) == len(toml("credentials.toml")["credential"]) == 8
    for key in (*PATHWAYS, *CREDENTIALS):
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)


@pytest.mark.parametrize("key", PATHWAYS)
def test_steps_are_complete(key):
    pathway = PATHWAYS[key]
    assert set(pathway) == {"key", "title", "summary", "provider", "completion", "step"}
    for step in pathway["step"]:
        assert {"key", "title", "kind", "provider", "minutes", "proof"} <= set(step), step
        assert step["kind"] in KINDS_OF_STEP, step
        assert step["proof"] in PROOFS, step
        assert (step["proof"] == "ASSESSMENT") == ("pass_mark" in step), step
        assert 1 <= step.get("pass_mark", 100) <= 100, step
        assert (step["kind"] == "PATHWAY") == ("pathway" in step) == (step["minutes"] == 0), step
        assert step.get("pathway", key) in PATHWAYS, step
        assert step.get("url", "https://").startswith("https://"), step
        assert step["provider"] not in {"Exercism", "OSSU"} or "url" in step, step
        grants_are_sound(step.get("grants", []))
    assert any(step.get("grants") for step in pathway["step"])


@pytest.mark.parametrize("key", PATHWAYS)
def test_a_step_requires_only_steps_before_it(key):
    before = set()
    for step in PATHWAYS[key]["step"]:
        assert step["key"] not in before
        assert set(step.get("requires", [])) <= before, step
        before.add(step["key"])


@pytest.mark.parametrize("key", PATHWAYS)
def test_completion_asks_for_all_that_is_not_optional(key):
    pathway = PATHWAYS[key]
    optional = {step["key"]: step.get("optional", False) for step in pathway["step"]}
    always = [branch["step"] for branch in pathway["completion"]["all"] if "step" in branch]
    assert always == [step for step, skippable in optional.items() if not skippable]
    chosen = [body for kind, body in leaves(pathway["completion"]) if kind != "step" or body not in always]
    assert all(optional[step] for step in chosen)


@pytest.mark.parametrize("key", PATHWAYS)
def test_no_required_step_waits_for_an_optional_one(key):
    optional = {step["key"] for step in PATHWAYS[key]["step"] if step.get("optional")}
    for step in PATHWAYS[key]["step"]:
        assert step["key"] in optional or not optional & set(step.get("requires", [])), step


def test_one_pathway_offers_a_choice():
    choices = [
        (key, branch["any"]["n"], len(branch["any"]["of"]))
        for key, pathway in PATHWAYS.items()
        for branch in pathway["completion"]["all"]
        if "any" in branch
    ]
    assert choices == [("python-objects", 3, 6)]


def test_every_kind_of_step_and_every_proof_occurs():
    steps = [step for pathway in PATHWAYS.values() for step in pathway["step"]]
    assert {step["kind"] for step in steps} == KINDS_OF_STEP
    assert {step["proof"] for step in steps} == PROOFS


def test_each_pathway_closes_a_gap_of_some_role():
    required = {(row["skill"], level) for row in ROLE_SKILLS for level in range(1, int(row["level"]) + 1)}
    for key, pathway in PATHWAYS.items():
        granted = {
            (grant["skill"], grant["level"]) for step in pathway["step"] for grant in step.get("grants", [])
        }
        assert granted & required, key


@pytest.mark.parametrize("key", CREDENTIALS)
def test_credentials_are_complete(key):
    credential = CREDENTIALS[key]
    elements = {"eqf_level", "assessment", "participation", "quality_assurance"}
    is_micro = credential["kind"] == "MICRO_CREDENTIAL"
    assert elements & set(credential) == (elements if is_micro else set())
    assert set(credential) - elements - {"validity"} == {
        *("key", "kind", "name", "description", "criteria", "award"),
        *("on_lapse", "workload_hours", "requirement", "grants"),
    }
    assert credential["kind"] in KINDS_OF_CREDENTIAL
    assert credential["award"] in {"AUTOMATIC", "APPROVAL"}
    assert credential["on_lapse"] in {"KEEP", "SUSPEND", "EXPIRE"}
    assert re.fullmatch(r"P(\d+Y)?(\d+M)?(?<!P)", credential.get("validity", "P1Y"))
    grants_are_sound(credential["grants"])


def test_requirements_of_credentials_name_what_exists():
    for key, credential in CREDENTIALS.items():
        for kind, body in leaves(credential["requirement"]):
            match kind:
                case "pathway":
                    assert body in PATHWAYS, key
                case "credential":
                    assert body in CREDENTIALS, key
                case "skill":
                    assert set(body) == {"code", "level"}, key
                    grants_are_sound([{"skill": body["code"], "level": body["level"]}])
                case _:
                    pytest.fail(f"{key} requires an unknown {kind}")


def test_nothing_is_earned_by_itself():
    needs = {
        ("credential", key): {leaf for leaf in leaves(credential["requirement"]) if leaf[0] != "skill"}
        for key, credential in CREDENTIALS.items()
    } | {
        ("pathway", key): {("pathway", step["pathway"]) for step in pathway["step"] if "pathway" in step}
        for key, pathway in PATHWAYS.items()
    }
    TopologicalSorter(needs).prepare()


def test_a_certificate_stacks_the_three_badges_of_three_pathways():
    badges = ["python-foundations", "python-collections", "python-objects"]
    for badge in badges:
        assert CREDENTIALS[badge]["kind"] == "BADGE"
        assert CREDENTIALS[badge]["requirement"] == {"pathway": badge}
    stack = CREDENTIALS["python-practitioner"]
    assert stack["kind"] == "CERTIFICATE"
    assert stack["requirement"] == {"all": [{"credential": badge} for badge in badges]}
    assert stack["workload_hours"] == sum(CREDENTIALS[badge]["workload_hours"] for badge in badges)


def test_some_credentials_expire_and_some_do_not():
    assert {"validity" in credential for credential in CREDENTIALS.values()} == {True, False}


def test_a_credential_of_one_pathway_claims_what_the_pathway_teaches_and_takes():
    for key, credential in CREDENTIALS.items():
        if list(credential["requirement"]) != ["pathway"]:
            continue
        pathway = PATHWAYS[credential["requirement"]["pathway"]]
        minutes = {step["key"]: step["minutes"] for step in pathway["step"]}
        taken = sum(minutes[step["key"]] for step in pathway["step"] if not step.get("optional"))
        for branch in pathway["completion"]["all"]:
            if "any" in branch:
                cheapest = sorted(minutes[leaf["step"]] for leaf in branch["any"]["of"])
                taken += sum(cheapest[: branch["any"]["n"]])
        assert credential["workload_hours"] == int(taken / 60 + 0.5), key
        taught = defaultdict(int)
        for step in pathway["step"]:
            for grant in step.get("grants", []):
                taught[grant["skill"]] = max(taught[grant["skill"]], grant["level"])
        for grant in credential["grants"]:
            assert grant["level"] <= taught[grant["skill"]], key
