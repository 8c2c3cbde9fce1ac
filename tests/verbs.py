"""Who may do what, verb by verb: the table that `test_verbs.py` puts to the graph.

What is done is done to Cleo where it is done to anybody. Ben, Ada and Grace are above her, in that order;
Tess is in a team with her; Dan was above her until 2024, and here he also reviews.

A verb has one or several cases: what is asked, who may, and what the others are told. One who may not see
what it is about is told NotFound; one who sees it and may not do that is told NotAllowed.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from world import TODAY, id_of

NOT_ALLOWED, NOT_FOUND = "NotAllowed", "NotFound"

PERSON, TEAMMATE, MANAGER, MANAGER_AT_3 = "the person", "a teammate", "her manager", "her manager at depth 3"
FORMER, REVIEWER = "her former manager", "a reviewer"
LEARNING, PEOPLE, AUDITOR = "a learning admin", "a people admin", "an auditor"
FEED, STRANGER = "a feed", "a stranger"
VIEWERS = (
    PERSON,
    TEAMMATE,
    MANAGER,
    MANAGER_AT_3,
    FORMER,
    REVIEWER,
    LEARNING,
    PEOPLE,
    AUDITOR,
    FEED,
    STRANGER,
)
ABOVE = {MANAGER, MANAGER_AT_3}
KEEP_PEOPLE = {PEOPLE, FEED}
EMPLOYEES = set(VIEWERS) - {FEED, STRANGER}


@dataclass(frozen=True)
class Case:
    """What is asked, who may, and what the others are told."""

    input: dict[str, Any]
    may: set[str]
    else_: str = NOT_ALLOWED
    """What is told to whoever may not."""
    told: dict[str, str] = field(default_factory=dict)
    """Those who are told something else than the others."""

    def expected(self, viewer: str) -> str | None:
        """What a viewer is told; None for what may be done."""
        return None if viewer in self.may else self.told.get(viewer, self.else_)


def case(may: set[str], else_: str = NOT_ALLOWED, told: dict[str, str] | None = None, **input_: Any) -> Case:
    return Case(input_, may, else_, told or {})


def gid(type_: str, name: str) -> str:
    return f"{type_}:{id_of(name)}"


def seen_by(*viewers: str) -> dict[str, str]:
    """Who sees what it is about, and is told that it is not theirs to do."""
    return dict.fromkeys(viewers, NOT_ALLOWED)


CLEO, EVE, LEAH = (gid("Employee", name) for name in ("Cleo", "Eve", "Leah"))
NOTES = gid("PortfolioItem", "Cleo's notes")
CERTIFICATE, HIDDEN = gid("Award", "Cleo's Data certificate 1"), gid("Award", "Cleo's Python badge 2")
ANYTHING = {"all": []}
VERSION = gid("CredentialVersion", "Data certificate 1")
SOON, MUCH_LATER = f"{TODAY + timedelta(days=9)}", f"{TODAY + timedelta(days=90)}T00:00:00Z"


def completing(step: str, may: set[str], **more: Any) -> Case:
    return of_step(f"Extra {step}", may, **more)


def of_step(step: str, may: set[str], **more: Any) -> Case:
    return case(may, step=gid("Step", step), employee=CLEO, **more)


TABLE: dict[str, list[Case]] = {
    # People
    "hire": [case(KEEP_PEOPLE, givenName="New", familyName="Test", startsOn=SOON, position={})],
    "changePosition": [case(KEEP_PEOPLE, employee=CLEO, fromDay=SOON, position={"title": "Queen"})],
    "terminate": [case(KEEP_PEOPLE, employee=CLEO, lastDay=SOON)],
    "move": [case(KEEP_PEOPLE, employee=CLEO, fromDay=SOON, title="Queen")],
    "changeHireDate": [case(KEEP_PEOPLE, employee=CLEO, startsOn=SOON)],
    "cancelTermination": [case(KEEP_PEOPLE, employee=LEAH)],
    "withdrawEmployment": [
        case(KEEP_PEOPLE, employment=gid("Employment", "Leah's"), reason="A mistake"),
    ],
    "startLeave": [case(KEEP_PEOPLE, employee=CLEO, fromDay=SOON)],
    "returnFromLeave": [case(KEEP_PEOPLE, employee=LEAH, on=SOON)],
    "updateEmployee": [case(KEEP_PEOPLE, employee=CLEO, phone="1")],
    "keepLocally": [case(KEEP_PEOPLE, employee=CLEO, fields=["PHONE"])],
    "rehire": [case(KEEP_PEOPLE, employee=EVE, startsOn=SOON, position={})],
    "createDepartment": [case(KEEP_PEOPLE, name="Night")],
    "renameDepartment": [case(KEEP_PEOPLE, department=gid("Department", "Platform"), name="Night")],
    "moveDepartment": [
        case(
            KEEP_PEOPLE,
            department=gid("Department", "Platform"),
            parent=gid("Department", "Sales"),
            fromDay=SOON,
        )
    ],
    "closeDepartment": [case(KEEP_PEOPLE, department=gid("Department", "Empty"), fromDay=f"{TODAY}")],
    "reassignDepartment": [
        case(
            KEEP_PEOPLE,
            department=gid("Department", "Platform"),
            into=gid("Department", "Sales"),
            fromDay=SOON,
        )
    ],
    "createTeam": [case(KEEP_PEOPLE, name="Night")],
    "renameTeam": [case(KEEP_PEOPLE, team=gid("Team", "Chess team"), name="Night")],
    "leadTeam": [case(KEEP_PEOPLE, team=gid("Team", "Chess team"), lead=CLEO)],
    "disbandTeam": [case(KEEP_PEOPLE, team=gid("Team", "Chess team"))],
    "joinTeam": [case(KEEP_PEOPLE, team=gid("Team", "Chess team"), employee=gid("Employee", "Ada"))],
    "leaveTeam": [case(KEEP_PEOPLE, team=gid("Team", "Core team"), employee=CLEO)],
    # Feeds
    "syncEmployees": [case(KEEP_PEOPLE, source="night", records=[{"externalId": "1", "givenName": "New"}])],
    "keepFeedMap": [case(KEEP_PEOPLE, source="night", text="person.externalId = 'id'")],
    # Skills
    "assessSkill": [case(EMPLOYEES - {AUDITOR}, employee=CLEO, skill=gid("Skill", "SQL"), level=1)],
    "withdrawEvidence": [
        case(
            {TEAMMATE, LEARNING},
            NOT_FOUND,
            seen_by(PERSON, AUDITOR, *ABOVE),
            evidence=gid("Evidence", "Tess on Cleo"),
            reason="A mistake",
        ),
        case(
            {PERSON, LEARNING},
            NOT_FOUND,
            seen_by(AUDITOR, *ABOVE),
            evidence=gid("Evidence", "Cleo on Cleo"),
            reason="A mistake",
        ),
    ],
    "requestAssessment": [
        case(
            {PERSON, LEARNING, *ABOVE},
            employee=CLEO,
            skill=gid("Skill", "SQL"),
            assessor=gid("Employee", "Pat"),
        )
    ],
    "declineAssessment": [
        case(
            {TEAMMATE},
            NOT_FOUND,
            seen_by(PERSON, LEARNING, AUDITOR, *ABOVE),
            request=gid("AssessmentRequest", "Tess asked about Cleo"),
            reason="No time",
        )
    ],
    "withdrawAssessmentRequest": [
        case(
            {PERSON, MANAGER, LEARNING},
            NOT_FOUND,
            seen_by(TEAMMATE, AUDITOR, *ABOVE),
            request=gid("AssessmentRequest", "Tess asked about Cleo"),
            reason="Not needed",
        )
    ],
    "changePolicy": [case({LEARNING}, teammatesSeeLevels=True)],
    "changeReminderPolicy": [case({LEARNING}, repeatDays=3)],
    "changeMailPreference": [case(EMPLOYEES, reminders=False)],
    "markNotificationsRead": [
        case(set(VIEWERS)),
        case({PERSON}, NOT_FOUND, notifications=[gid("Notification", "Cleo's")]),
    ],
    "changeLevelPolicy": [case({LEARNING}, precedence="LATEST")],
    "defineFramework": [case({LEARNING}, name="New", version="1", skills=[{"code": "a", "name": "A"}])],
    "renameSkill": [case({LEARNING}, skill=gid("Skill", "SQL"), name="Queries")],
    "mergeSkill": [case({LEARNING}, skill=gid("Skill", "SQL"), into=gid("Skill", "Python"))],
    "splitSkill": [
        case(
            {LEARNING},
            skill=gid("Skill", "SQL"),
            into=[gid("Skill", "Python"), gid("Skill", "Negotiation")],
        )
    ],
    "retireSkill": [case({LEARNING}, skill=gid("Skill", "SQL"))],
    "restoreSkill": [case({LEARNING}, skill=gid("Skill", "Snakes"))],
    "relateSkills": [
        case({LEARNING}, skill=gid("Skill", "SQL"), other=gid("Skill", "Python"), kind="RELATED")
    ],
    "unrelateSkills": [
        case({LEARNING}, skill=gid("Skill", "Python"), other=gid("Skill", "Negotiation"), kind="BROADER")
    ],
    "defineJobRole": [
        case({LEARNING}, code="new", name="New", requires=[{"skill": gid("Skill", "SQL"), "level": 2}])
    ],
    # Pathways
    "createPathway": [
        case({LEARNING}, code="new", title="New", steps=[{"key": "a", "title": "A", "kind": "COURSE"}])
    ],
    "draftPathwayVersion": [
        case(
            {LEARNING},
            pathway=gid("Pathway", "Welcome pathway"),
            steps=[{"key": "a", "title": "A", "kind": "COURSE"}],
        )
    ],
    "moveAssignments": [
        case({LEARNING}, version=gid("PathwayVersion", "Data 2"), existing={"kept": "MOVE"}),
    ],
    "publishPathway": [case({LEARNING}, version=gid("PathwayVersion", "Data 3"))],
    "retirePathway": [case({LEARNING}, pathway=gid("Pathway", "Extra pathway"), reason="Old")],
    "clonePathway": [
        case({LEARNING}, version=gid("PathwayVersion", "Welcome 1"), code="copy", title="Copy"),
    ],
    "importPathway": [
        case({LEARNING}, text="{pathway: new, title: New, steps: [{key: a, title: A, kind: COURSE}]}")
    ],
    "exportPathway": [case({LEARNING, AUDITOR}, pathway=gid("Pathway", "Secret pathway"))],
    "assignPathway": [
        case({PERSON, LEARNING} | ABOVE, pathway=gid("Pathway", "Extra pathway"), employees=[CLEO]),
        case(
            set(),
            NOT_FOUND,
            dict.fromkeys((LEARNING, AUDITOR), "NotPublished"),
            pathway=gid("Pathway", "Secret pathway"),
        ),
    ],
    "cancelAssignment": [
        case(
            {LEARNING} | ABOVE,
            NOT_FOUND,
            seen_by(PERSON, AUDITOR),
            assignment=gid("Assignment", "Cleo on Welcome"),
            reason="Enough",
        ),
        case(
            {PERSON, LEARNING} | ABOVE,
            NOT_FOUND,
            seen_by(AUDITOR),
            assignment=gid("Assignment", "Cleo on Other"),
            reason="Enough",
        ),
    ],
    "waiveAssignment": [
        case(
            {LEARNING} | ABOVE,
            NOT_FOUND,
            seen_by(PERSON, AUDITOR),
            assignment=gid("Assignment", f"Cleo on {pathway}"),
            reason="Known",
        )
        for pathway in ("Welcome", "Other")
    ],
    "changeAssignments": [
        case({LEARNING} | ABOVE, assignments=[gid("Assignment", "Cleo on Welcome")], priority=1)
    ],
    "closeAssignments": [
        case(
            {LEARNING} | ABOVE,
            assignments=[gid("Assignment", "Cleo on Welcome")],
            closure="WAIVED",
            reason="Known",
        )
    ],
    "defineRule": [
        case({LEARNING}, code="x", title="X", pathway=gid("Pathway", "Extra pathway"), audience=ANYTHING)
    ],
    "retireRule": [case({LEARNING}, rule=gid("AssignmentRule", "Old rule"))],
    "startStep": [case({PERSON, LEARNING} | ABOVE, step=gid("Step", "Extra SELF"), employee=CLEO)],
    "completeStep": [
        completing("SELF", {PERSON, LEARNING} | ABOVE),
        completing("MANAGER", {LEARNING} | ABOVE),
        completing("ASSESSMENT", {LEARNING}, score=90),
        completing("IMPORTED", {LEARNING}),
    ],
    "waiveStep": [of_step("Extra SELF", {LEARNING} | ABOVE, reason="Known")],
    "acceptEquivalent": [of_step("Extra SELF", {LEARNING} | ABOVE, reason="Wrote the book")],
    "resetStep": [
        of_step("Other SELF", {PERSON, LEARNING} | ABOVE, reason="Another book"),
        of_step("Other ASSESSMENT", {LEARNING} | ABOVE, reason="Another exam"),
    ],
    "recordCompletions": [
        case({LEARNING}, reports=[{"employee": CLEO, "step": gid("Step", "Extra IMPORTED")}]),
    ],
    # Credentials
    "defineCredential": [
        case(
            {LEARNING},
            code="new",
            kind="BADGE",
            text={"name": "New", "description": "New", "criteria": "None"},
            requirement=ANYTHING,
        )
    ],
    "awardCredential": [case({LEARNING}, credential=gid("Credential", "Forgotten badge"), employee=CLEO)],
    "revokeAward": [case({LEARNING}, award=gid("Award", "Cleo's Data certificate 1"), reason="A mistake")],
    "correctAward": [case({LEARNING}, award=gid("Award", "Cleo's Data certificate 1"), reason="A mistake")],
    "awardCredentials": [
        case({LEARNING}, credential=gid("Credential", "Forgotten badge"), rows=[{"employee": CLEO}])
    ],
    "approveAward": [
        case(
            {LEARNING}, NOT_FOUND, seen_by(PERSON, *ABOVE, AUDITOR), waiting=gid("AwardToApprove", "Cleo's")
        ),
        case(
            {LEARNING} | ABOVE,
            NOT_FOUND,
            seen_by(PERSON, AUDITOR),
            waiting=gid("AwardToApprove", "Cleo's of managers"),
        ),
    ],
    "declineAward": [
        case(
            {LEARNING} | ABOVE,
            NOT_FOUND,
            seen_by(PERSON, AUDITOR),
            waiting=gid("AwardToApprove", "Cleo's of managers"),
            reason="Not yet",
        )
    ],
    "suspendAward": [case({LEARNING}, award=CERTIFICATE, reason="An inquiry")],
    "restoreAward": [case({LEARNING}, award=gid("Award", "Cleo's Paused badge"), reason="Nothing found")],
    "renewAward": [case({LEARNING}, award=gid("Award", "Cleo's Kept badge"))],
    "acceptAward": [case({PERSON}, award=CERTIFICATE)],
    "hideAward": [case({PERSON}, award=CERTIFICATE)],
    "showAward": [case({PERSON}, NOT_FOUND, seen_by(*ABOVE, LEARNING, AUDITOR), award=HIDDEN)],
    "describeIssuer": [case({LEARNING}, name="We")],
    "defineCertificateTemplate": [case({LEARNING}, code="new", source="= #given.holder")],
    "removeCertificateTemplate": [
        case({LEARNING}, certificateTemplate=gid("CertificateTemplate", "Diploma")),
    ],
    "chooseCertificateTemplate": [
        case({LEARNING}, certificateTemplate=gid("CertificateTemplate", "Diploma")),
        case({LEARNING}, credential=gid("Credential", "Python badge")),
    ],
    # Portfolios
    "addPortfolioItem": [case(EMPLOYEES, title="New")],
    "changePortfolioItem": [case({PERSON}, NOT_FOUND, seen_by(*ABOVE), item=NOTES, title="New")],
    "removePortfolioItem": [case({PERSON}, NOT_FOUND, seen_by(*ABOVE), item=NOTES)],
    "requestUpload": [case({PERSON}, NOT_FOUND, seen_by(*ABOVE), item=NOTES, name="a.pdf")],
    "removePortfolioFile": [
        case({PERSON}, NOT_FOUND, seen_by(*ABOVE), file=gid("PortfolioFile", "Cleo's notes file"))
    ],
    "submitPortfolioItem": [case({PERSON}, NOT_FOUND, seen_by(*ABOVE), item=NOTES)],
    "reviewPortfolioItem": [
        case(
            {REVIEWER, LEARNING} | ABOVE,
            NOT_FOUND,
            seen_by(PERSON, AUDITOR),
            item=gid("PortfolioItem", "Cleo's scraper"),
            verdict="ACCEPTED",
        )
    ],
    "sharePortfolio": [
        case(
            {PERSON},
            "InvalidInput",
            dict.fromkeys((FEED, STRANGER), NOT_ALLOWED),
            title="Mine",
            items=[NOTES],
            expiresAt=MUCH_LATER,
        )
    ],
    "revokeShare": [case({PERSON, PEOPLE}, NOT_FOUND, share=gid("PortfolioShare", "Cleo's share"))],
    # What others sign
    "endorseAward": [
        case(EMPLOYEES - {PERSON, AUDITOR}, award=gid("Award", "Cleo's Data certificate 1"), comment="Good")
    ],
    "endorseCredential": [case(EMPLOYEES - {AUDITOR}, credentialVersion=VERSION, comment="Good")],
    "endorseIssuer": [case(EMPLOYEES - {AUDITOR}, comment="Good")],
    "bringEndorsement": [
        case(
            set(),
            NOT_ALLOWED,
            dict.fromkeys((PERSON, LEARNING), "InvalidInput"),
            award=gid("Award", "Cleo's Data certificate 1"),
            document="{}",
        ),
        case(
            set(),
            NOT_ALLOWED,
            {LEARNING: "InvalidInput"},
            credentialVersion=VERSION,
            document="{}",
        ),
        case(set(), NOT_ALLOWED, {LEARNING: "InvalidInput"}, document="{}"),
    ],
    "withdrawEndorsement": [
        case(
            {PERSON, LEARNING},
            NOT_FOUND,
            seen_by(AUDITOR, *ABOVE),
            endorsement=gid("Endorsement", "Outside for Cleo's Python badge 2"),
            reason="A mistake",
        ),
        case({LEARNING}, endorsement=gid("Endorsement", "Outside for the issuer"), reason="A mistake"),
    ],
    "trustIssuer": [case({LEARNING}, issuer="did:web:example.org", name="New")],
    "distrustIssuer": [case({LEARNING}, trustedIssuer=gid("TrustedIssuer", "University"), reason="Gone")],
    "bringCredential": [case(EMPLOYEES, document='{"name": "Diploma"}')],
    "acceptCredential": [
        case(
            set(),
            NOT_FOUND,
            dict.fromkeys({REVIEWER, LEARNING} | ABOVE, "NotTrusted") | seen_by(PERSON, AUDITOR),
            outsideCredential=gid("OutsideCredential", "Cleo's diploma"),
            claims=[],
        )
    ],
    "removeCredential": [
        case(
            {PERSON},
            NOT_FOUND,
            seen_by(AUDITOR, REVIEWER, LEARNING, *ABOVE),
            outsideCredential=gid("OutsideCredential", "Cleo's diploma"),
        )
    ],
    "signRecord": [
        case(
            set(),
            NOT_ALLOWED,
            dict.fromkeys((PERSON, PEOPLE), "NothingToSign"),
            employee=CLEO,
            award=gid("Award", "Ben's Python badge 2"),
        )
    ],
    # Access
    "endSession": [case({PERSON, PEOPLE}, NOT_FOUND, session=gid("Session", "Cleo's phone"))],
    "endSessions": [case({PERSON, PEOPLE}, NOT_ALLOWED, employee=CLEO)],
    "createServiceToken": [
        case({PEOPLE}, name="new", permissions=["READ_PEOPLE"], expiresAt=MUCH_LATER, owner=CLEO),
        case(set(), name="new", permissions=["WRITE_LEARNING"], expiresAt=MUCH_LATER, owner=CLEO),
    ],
    "exportMyData": [case({PERSON, PEOPLE}, employee=CLEO)],
    "eraseEmployee": [case({PERSON, PEOPLE}, employee=CLEO)],
    "disconnectApp": [case({PERSON, PEOPLE}, NOT_FOUND, connectedApp=gid("ConnectedApp", "Cleo's Backpack"))],
    "revokeServiceToken": [
        case({PERSON, PEOPLE}, NOT_FOUND, serviceToken=gid("ServiceToken", "Cleo's token"))
    ],
}


def missing(verbs: set[str]) -> str:
    """What to add to the table for these verbs."""
    return "\n".join(
        f'tests/verbs.py does not say who may {verb}: add "{verb}": [case({{…who may}}, …input)] to TABLE'
        for verb in sorted(verbs - set(TABLE))
    )
