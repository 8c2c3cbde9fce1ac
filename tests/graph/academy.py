"""What the people of the company learn and earn, how they sign in, and what is kept: a row of every table.

Ben follows the Data pathway, late; Cleo has completed it; Dan gave up; Finn waits for his first day. Ben
holds the Python badge, Cleo hides hers, Dan's was revoked, Ada's begins next year, Eve's has expired.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import chain, groupby
from uuid import uuid4

import asyncpg
from sqlalchemy import make_url

import world as company
from cairn.access.tables import AuditEntry, AuditLink, AuditSeal
from cairn.credentials import tables as credentials
from cairn.db.engine import Database, Transaction
from cairn.db.engine import database as pools
from cairn.db.ranges import MultiRange, Range, from_day, since
from cairn.db.tables import Table_
from cairn.graph.tables import Outcome
from cairn.hris import tables as hris
from cairn.identity import tables as identity
from cairn.jobs.tables import Event, Handled, Happening
from cairn.pathways import tables as pathways
from cairn.people import tables as people
from cairn.portfolios import tables as portfolios
from cairn.skills import tables as skills
from world import TODAY, id_of, on

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
"""The instant at which tests of the graph ask, today."""
SOON = TODAY + timedelta(days=60)
LATER = on(TODAY.year + 1)
ALWAYS = {"all": []}


@asynccontextmanager
async def standing(server_url: str) -> AsyncIterator[tuple[Database, company.World]]:
    """A database of its own with the company and all of this, for those who only read."""
    name = f"cairn_academy_{uuid4().hex[:12]}"
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f"create database {name} template cairn_template")
        async with pools(url, pool=4) as database:
            async with database.transaction() as tx:
                world = await company.build(tx)
                await company.add_evidence(tx)
                await build(tx)
            yield database, world
    finally:
        await connection.execute(f"drop database if exists {name} with (force)")
        await connection.close()


async def build(tx: Transaction) -> None:
    """Writes it all, beside the company."""
    parts = (
        _memberships(),
        _reorganisation(),
        _mistakes(),
        _releases(),
        _pathways(),
        _steps(),
        _learning(),
        _credentials(),
        _signing(),
        _awards(),
        _portfolios(),
        _outside(),
        _accounts(),
        _machinery(),
        _feeds(),
    )
    await put(tx, chain.from_iterable(parts))


async def put(tx: Transaction, rows: Iterable[Table_]) -> None:
    """Writes rows in their order: what others point to comes first."""
    for _, alike in groupby(rows, key=type):
        tx.add_all(alike)
        await tx.flush()


def _memberships():
    for who, team, start, until in (("Eve", "Core", on(2020), on(2023)), ("Cleo", "Chess", LATER, None)):
        yield people.TeamMembership(
            id=id_of(f"{who} in {team}"),
            team_id=id_of(f"{team} team"),
            employee_id=id_of(who),
            valid=since(start, until),
        )


def _reorganisation():
    """A department that will be part of another."""
    valid = from_day(LATER.date())
    yield people.Department(id=id_of("Studio"), name="Studio", closed_on=date(2030, 1, 1))
    yield people.DepartmentPlace(
        id=id_of("Studio in Company"), department_id=id_of("Studio"), parent_id=id_of("Company"), valid=valid
    )
    yield people.DepartmentLine(
        above_id=id_of("Company"), department_id=id_of("Studio"), depth=1, valid=valid
    )


def _mistakes():
    yield skills.Policy(id=id_of("policy"))
    yield skills.LevelPolicy(id=id_of("policy of levels"), verified_by=["ASSESSMENT", "CREDENTIAL"])
    yield skills.LevelPolicy(id=id_of("policy of SQL"), skill_id=id_of("SQL"), fades_after="P2Y")
    yield people.WithdrawnEmployment(
        id=id_of("Cleo mistake"),
        employee_id=id_of("Cleo"),
        valid=from_day(date(2022, 1, 1)),
        manager_id=id_of("Dan"),
        department_id=id_of("Sales"),
        title="Seller",
        work=people.Work.ACTIVE,
        engagement=people.Engagement.CONTRACTOR,
        recorded_at=on(2022),
        withdrawn_at=on(2022, 2),
        withdrawn_by="employee:Pat",
        withdrawn_by_id=id_of("Pat"),
        reason="entered for the wrong person",
    )


def _releases():
    counts = dict.fromkeys(
        ("added", "renamed", "redescribed", "aliased", "moved", "related", "retired", "returned"), 0
    )
    for number, more in ((1, {"added": 4}), (2, {"renamed": 1, "related": 1})):
        yield skills.FrameworkRelease(
            id=id_of(f"Own {number}"),
            framework_id=id_of("Own"),
            version=f"{number}",
            released_at=on(2020 + number),
            skills=4,
            **counts | more,
        )
    for kind, before, after in (("RENAMED", "Snake", "Python"), ("RELATED", None, "negotiation")):
        yield skills.SkillChange(
            id=id_of(f"Python {kind}"),
            release_id=id_of("Own 2"),
            skill_id=id_of("Python"),
            kind=skills.Change(kind),
            before=before,
            after=after,
        )
    yield skills.SkillRelation(
        id=id_of("Python below Negotiation"),
        skill_id=id_of("Python"),
        other_id=id_of("Negotiation"),
        kind=skills.Relation.BROADER,
    )
    yield skills.SkillText(skill_id=id_of("Python"), search="'python':1A")
    yield skills.SkillWord(word="python")
    yield skills.Skill(
        id=id_of("Snakes"),
        framework_id=id_of("Own"),
        code="snakes",
        name="Snakes",
        retired_at=on(2024),
        retired_here=True,
    )
    yield skills.SkillSuccession(skill_id=id_of("Snakes"), successor_id=id_of("Python"), is_same=True)


def _pathways():
    yield pathways.Pathway(
        id=id_of("Data pathway"), code="data", title="Data", summary="From tables to answers"
    )
    yield pathways.Pathway(
        id=id_of("Welcome pathway"), code="welcome", title="Welcome", provider="The company"
    )
    yield pathways.Pathway(id=id_of("Secret pathway"), code="secret", title="Secret")
    for name, pathway, number, status, published in (
        ("Data 1", "Data pathway", 1, pathways.VersionStatus.RETIRED, on(2022)),
        ("Data 2", "Data pathway", 2, pathways.VersionStatus.PUBLISHED, on(2023)),
        ("Data 3", "Data pathway", 3, pathways.VersionStatus.DRAFT, None),
        ("Welcome 1", "Welcome pathway", 1, pathways.VersionStatus.PUBLISHED, on(2022)),
        ("Secret 1", "Secret pathway", 1, pathways.VersionStatus.DRAFT, None),
    ):
        yield pathways.PathwayVersion(
            id=id_of(name),
            pathway_id=id_of(pathway),
            number=number,
            status=status,
            completion={"all": [{"step": str(id_of(f"{name} basics"))}]},
            published_at=published,
        )


def _steps():
    for version in ("Data 1", "Data 2", "Data 3", "Welcome 1"):
        basics = id_of(f"{version} basics")
        yield pathways.Step(
            id=basics,
            version_id=id_of(version),
            key="basics",
            position=1,
            title=f"Basics of {version}",
            kind=pathways.StepKind.COURSE,
            url="https://example.com/basics",
            minutes=90,
            requirement=ALWAYS,
        )
        yield pathways.Step(
            id=id_of(f"{version} exam"),
            version_id=id_of(version),
            key="exam",
            position=2,
            title="Exam",
            kind=pathways.StepKind.ASSESSMENT,
            minutes=30,
            proof=pathways.Proof.ASSESSMENT,
            pass_mark=60,
            requirement={"all": [{"step": str(basics)}]},
        )
    yield pathways.Step(
        id=id_of("Data 2 welcome"),
        version_id=id_of("Data 2"),
        key="welcome",
        position=3,
        title="Be welcome",
        kind=pathways.StepKind.PATHWAY,
        is_optional=True,
        requirement=ALWAYS,
        nested_pathway_id=id_of("Welcome pathway"),
    )
    for step, skill, level in (
        ("Data 2 basics", "SQL", 2),
        ("Data 2 exam", "SQL", 3),
        ("Data 2 exam", "Python", 1),
        ("Data 3 exam", "SQL", 4),
    ):
        yield pathways.StepGrant(step_id=id_of(step), skill_id=id_of(skill), level=level)
    yield pathways.AssignmentRule(
        id=id_of("Newcomers"), code="newcomers", title="Newcomers", pathway_id=id_of("Welcome pathway")
    )
    yield pathways.RuleVersion(
        id=id_of("Newcomers 1"), rule_id=id_of("Newcomers"), number=1, audience=ALWAYS, made_at=on(2022)
    )


def _learning():
    for who, pathway, version, cause, by, assigned, more in (
        ("Ben", "Data", "Data 2", "MANAGER", "Ada", on(2024), {"due_on": date(2024, 12, 31), "priority": 1}),
        (
            "Cleo",
            "Data",
            "Data 2",
            "MANAGER",
            "Ben",
            on(2024),
            {"closed_at": on(2024, 6), "closure": "COMPLETED"},
        ),
        ("Dan", "Data", "Data 1", "SELF", "Dan", on(2022), {"closed_at": on(2023), "closure": "CANCELLED"}),
        (
            "Finn",
            "Welcome",
            "Welcome 1",
            "RULE",
            None,
            on(2025),
            {"starts_on": SOON, "due_on": SOON, "rule_version_id": id_of("Newcomers 1")},
        ),
        ("Ben", "Welcome", "Welcome 1", "SELF", "Ben", on(2025, 2), {}),
        ("Lena", "Data", "Data 3", "SELF", "Lena", on(2025, 3), {}),
    ):
        yield pathways.Assignment(
            id=id_of(f"{who} on {pathway}"),
            employee_id=id_of(who),
            pathway_id=id_of(f"{pathway} pathway"),
            version_id=id_of(version),
            cause=pathways.Cause(cause),
            assigned_by_id=by and id_of(by),
            assigned_at=assigned,
            **more,
        )
    yield pathways.ReminderPolicy(id=id_of("reminders"))
    yield pathways.Mail(id=id_of("Ben's mail"), employee_id=id_of("Ben"), day=date(2025, 1, 2), token="token")
    yield pathways.Notification(
        id=id_of("Ben is late"),
        employee_id=id_of("Ben"),
        assignment_id=id_of("Ben on Data"),
        kind=pathways.ReminderKind.OVERDUE,
        occasion=date(2025, 1, 1),
        created_at=on(2025),
        mail_id=id_of("Ben's mail"),
    )
    yield pathways.Notification(
        id=id_of("Ada hears of it"),
        employee_id=id_of("Ada"),
        assignment_id=id_of("Ben on Data"),
        kind=pathways.ReminderKind.REPORT_OVERDUE,
        occasion=date(2025, 1, 4),
        created_at=on(2025),
        read_at=on(2025, 2),
    )
    yield pathways.MailPreference(employee_id=id_of("Ada"), unsubscribed_at=on(2025))
    for who, step, kind, start, until, more in (
        ("Ben", "Data 2 basics", "STARTED", on(2024, 2), None, {}),
        ("Ben", "Data 2 basics", "COMPLETED", on(2024, 3), None, {"note": "Half a day"}),
        ("Ben", "Welcome 1 basics", "EQUIVALENT", on(2025, 2), on(2025, 8), {}),
        ("Cleo", "Data 2 basics", "COMPLETED", on(2024, 2), None, {}),
        ("Cleo", "Data 2 exam", "COMPLETED", on(2024, 5), None, {"score": 81}),
        ("Dan", "Data 1 exam", "COMPLETED", on(2022, 5), None, {"score": 20, "withdrawn_reason": "cheated"}),
        ("Lena", "Data 3 basics", "STARTED", on(2025, 3), None, {}),
    ):
        yield pathways.Progress(
            id=id_of(f"{who} {step} {kind}"),
            employee_id=id_of(who),
            step_id=id_of(step),
            kind=pathways.ProgressKind(kind),
            valid=since(start, until),
            recorded_by_id=id_of(who),
            recorded_at=start + timedelta(milliseconds=123.4),
            withdrawn_at=on(2022, 6) if "withdrawn_reason" in more else None,
            **more,
        )
    yield pathways.Statement(
        id=id_of("Cleo's statement"),
        statement=id_of("Cleo's statement elsewhere"),
        employee_id=id_of("Cleo"),
        verb="http://adlnet.gov/expapi/verbs/experienced",
        activity="https://lms.example/courses/7",
        happened_at=on(2024, 5),
        stored_at=on(2024, 5),
        reporter="service:lms",
        body={"actor": {"mbox": "mailto:cleo@example.com"}},
    )
    yield pathways.StatementAttachment(
        id=id_of("Cleo's certificate"),
        statement_id=id_of("Cleo's statement"),
        sha2="ab" * 32,
        content_type="application/pdf",
        content=b"%PDF-",
    )
    yield pathways.PathwayCompletion(
        employee_id=id_of("Cleo"),
        pathway_id=id_of("Data pathway"),
        version_id=id_of("Data 2"),
        held=MultiRange([Range(on(2024, 6), None)]),
    )
    yield pathways.PathwayCompletion(
        employee_id=id_of("Ben"),
        pathway_id=id_of("Welcome pathway"),
        version_id=id_of("Welcome 1"),
        held=MultiRange([Range(on(2025, 2), on(2025, 8))]),
    )


def _credentials():
    kinds = credentials.CredentialKind
    yield credentials.Image(
        id=id_of("Python picture"), png=b"\x89PNG", width=200, height=200, added_at=on(2025)
    )
    for code, removed in (("Diploma", None), ("Old diploma", on(2021))):
        yield credentials.CertificateTemplate(id=id_of(code), code=code, removed_at=removed)
    for code, number, superseded in (
        ("Diploma", 1, on(2022)),
        ("Diploma", 2, None),
        ("Old diploma", 1, None),
    ):
        yield credentials.CertificateTemplateVersion(
            id=id_of(f"{code} {number}"),
            certificate_template_id=id_of(code),
            number=number,
            source=f"= {code} {number}",
            made_at=on(2020 + number),
            superseded_at=superseded,
        )
    yield credentials.Image(id=id_of("signature"), png=b"", width=64, height=64)
    yield credentials.CertificateImage(
        id=id_of("signature on certificates"), name="signature", image_id=id_of("signature")
    )
    yield credentials.Credential(
        id=id_of("Python badge"),
        code="python",
        kind=kinds.BADGE,
        image_id=id_of("Python picture"),
        certificate_template_id=id_of("Diploma"),
    )
    yield credentials.Credential(id=id_of("Data certificate"), code="data", kind=kinds.CERTIFICATE)
    yield credentials.Credential(id=id_of("Forgotten badge"), code="forgotten", kind=kinds.BADGE)
    skill = {"skill": {"id": str(id_of("Python")), "level": 3}}
    stack = {"all": [{"credential": str(id_of("Python badge"))}, {"pathway": str(id_of("Data pathway"))}]}
    dan = {"awarded_by": credentials.AwardedBy.PERSON, "approver_id": id_of("Dan")}
    for name, credential, number, requirement, more in (
        (
            "Python badge 1",
            "Python badge",
            1,
            ALWAYS,
            {"status": credentials.DefinitionStatus.RETIRED, **dan},
        ),
        (
            "Python badge 2",
            "Python badge",
            2,
            skill,
            {"validity": "P2Y", "workload_hours": 40, "eqf_level": 5},
        ),
        ("Data certificate 1", "Data certificate", 1, stack, {"on_lapse": credentials.OnLapse.SUSPEND}),
    ):
        yield credentials.CredentialVersion(
            id=id_of(name),
            credential_id=id_of(credential),
            number=number,
            name=credential,
            description=f"Knows what {credential} is about",
            criteria="Earn it",
            requirement=requirement,
            published_at=on(2021 + number),
            **{"awarded_by": credentials.AwardedBy.AUTOMATIC, **more},
        )
    yield credentials.CredentialGrant(version_id=id_of("Python badge 2"), skill_id=id_of("Python"), level=3)
    yield credentials.CredentialGrant(version_id=id_of("Data certificate 1"), skill_id=id_of("SQL"), level=4)
    yield credentials.CredentialGrant(
        version_id=id_of("Data certificate 1"), skill_id=id_of("Python"), level=2
    )


def _signing():
    yield credentials.IssuerProfile(id=id_of("issuer"), name="The company", country="DE")
    yield credentials.SigningKey(id=id_of("signing key"), public="z6MkTheKey", active_from=on(2020))
    yield credentials.StatusList(id=id_of("status list"), created_at=on(2020))
    yield credentials.StatusEntry(
        list_id=id_of("status list"),
        position=7,
        document_id=id_of("Ben's Python badge 2 signed"),
        award_id=id_of("Ben's Python badge 2"),
    )


def _awards():
    for who, version, held, more in (
        ("Ben", "Python badge 2", [Range(on(2025), on(2040))], {"approved_by_id": id_of("Lena")}),
        ("Cleo", "Python badge 2", [Range(on(2025), None)], {"is_hidden": True}),
        ("Cleo", "Data certificate 1", [Range(on(2024), on(2025)), Range(on(2025, 6), None)], {}),
        ("Dan", "Python badge 1", [Range(on(2023), on(2024))], {"revoked_reason": "A mistake"}),
        ("Ada", "Python badge 2", [Range(LATER, None)], {}),
        ("Eve", "Python badge 1", [Range(on(2022), on(2024))], {"is_hidden": True}),
    ):
        yield credentials.Award(
            id=id_of(f"{who}'s {version}"),
            employee_id=id_of(who),
            credential_id=id_of(version[:-2]),
            version_id=id_of(version),
            cause=credentials.AwardCause.APPROVAL if more else credentials.AwardCause.REQUIREMENT,
            awarded_at=min(held[0].lower, NOW),
            held=MultiRange(held),
            revoked_at=on(2024) if "revoked_reason" in more else None,
            **more,
        )
        yield credentials.SignedDocument(
            id=id_of(f"{who}'s {version} signed"),
            award_id=id_of(f"{who}'s {version}"),
            key_id=id_of("signing key"),
            address="https://cairn.example.com",
            document='{"name": "Signed"}',
            jwt="a.b.c",
            signed_at=min(held[0].lower, NOW),
            valid_from=held[0].lower,
            valid_until=held[0].upper,
        )
    lena = {"declined_at": on(2025), "declined_by_id": id_of("Lena")}
    for who, number, declined in (("Cleo", 2, {}), ("Dan", 2, lena), ("Ben", 1, {})):
        yield credentials.AwardToApprove(
            id=id_of(f"{who} to approve"),
            employee_id=id_of(who),
            version_id=id_of(f"Python badge {number}"),
            status=credentials.ApprovalStatus.DECLINED if declined else credentials.ApprovalStatus.WAITING,
            earned_at=on(2024),
            declined_reason="Not yet" if declined else None,
            **declined,
        )
    for who, skill, source, cause in (
        ("Ben", "Python", skills.Source.CREDENTIAL, "Ben's Python badge 2"),
        ("Cleo", "SQL", skills.Source.ASSESSMENT, "Cleo Data 2 exam COMPLETED"),
        ("Dan", "SQL", skills.Source.SELF, "nothing that is there"),
        ("Cleo", "Python", skills.Source.CREDENTIAL, "Cleo's Python badge 2"),
    ):
        yield skills.Evidence(
            id=id_of(f"{who} {skill} by {cause}"),
            employee_id=id_of(who),
            skill_id=id_of(skill),
            level=3,
            source=source,
            valid=since(on(2025), LATER),
            recorded_at=on(2025),
            cause_id=id_of(cause),
        )
    for who, asked, by, more in (
        ("Cleo", "Ada", "Cleo", {"note": "My reports", "due_on": TODAY}),
        ("Cleo", "Dan", "Ben", {"closed_at": NOW, "closure": "DECLINED", "closure_reason": "On leave"}),
        ("Dan", "Ben", None, {"closed_at": NOW, "closure": "ANSWERED"}),
    ):
        yield skills.AssessmentRequest(
            id=id_of(f"{asked} asked about {who}"),
            employee_id=id_of(who),
            skill_id=id_of("SQL"),
            assessor_id=id_of(asked),
            requested_by_id=by and id_of(by),
            requested_at=on(2025),
            **more,
        )


def _portfolios():
    for who, title, status, shared in (
        ("Ben", "talk", "ACCEPTED", False),
        ("Cleo", "scraper", "SUBMITTED", False),
        ("Cleo", "notes", "DRAFT", True),
        ("Cleo", "diary", "DRAFT", False),
        ("Dan", "deck", "RETURNED", False),
        ("Lena", "plan", "DRAFT", False),
    ):
        item = f"{who}'s {title}"
        yield portfolios.PortfolioItem(
            id=id_of(item),
            employee_id=id_of(who),
            title=title.capitalize(),
            url=f"https://example.com/{title}",
            happened_on=date(2025, 1, 5),
            reflection="It took longer than planned",
            is_shared=shared,
            status=portfolios.ItemStatus(status),
            created_at=on(2025, 2),
            submitted_at=on(2025, 3) if status != "DRAFT" else None,
        )
        yield portfolios.PortfolioClaim(item_id=id_of(item), skill_id=id_of("Python"), level=3)
        yield portfolios.PortfolioFile(
            id=id_of(f"{item} file"),
            item_id=id_of(item),
            name=f"{title}.pdf",
            media_type="application/pdf",
            size=1234,
            digest=bytes(32),
            key=f"portfolio/academy/{title}",
            added_at=on(2025, 2),
        )
        yield portfolios.Upload(
            id=id_of(f"{item} upload"),
            item_id=id_of(item),
            key=id_of(item).bytes * 2,
            name="more.pdf",
            asked_at=on(2025, 2),
            expires_at=LATER,
        )
    for item, verdict, by in (("Ben's talk", "ACCEPTED", "Lena"), ("Dan's deck", "RETURNED", "Grace")):
        yield portfolios.PortfolioReview(
            id=id_of(f"{item} review"),
            item_id=id_of(item),
            reviewer_id=id_of(by),
            verdict=portfolios.Verdict(verdict),
            comment="Looked at it twice",
            reviewed_at=on(2025, 4),
        )
    for who, item, award in (
        ("Ben", "Ben's talk", "Ben's Python badge 2"),
        ("Cleo", "Cleo's diary", "Cleo's Python badge 2"),
    ):
        share = f"{who}'s share"
        yield portfolios.PortfolioShare(
            id=id_of(share),
            employee_id=id_of(who),
            key=id_of(share).bytes * 2,
            title="What I did",
            fields=["SKILLS"],
            created_at=on(2025, 5),
            expires_at=LATER,
        )
        yield portfolios.SharedItem(share_id=id_of(share), item_id=id_of(item), position=0)
        yield portfolios.SharedAward(share_id=id_of(share), award_id=id_of(award), position=0)
        yield portfolios.ShareVisit(
            id=id_of(f"{share} visit"),
            share_id=id_of(share),
            hour=on(2025, 6),
            browser="Firefox on Linux",
            pages=2,
            last_at=on(2025, 6),
        )


def _outside():
    yield credentials.TrustedIssuer(
        id=id_of("University"), issuer="did:web:example.edu", name="University", trusted_at=on(2024)
    )
    for who, award, by in (
        ("Lena", "Ben's Python badge 2", "Lena"),
        ("Outside", "Cleo's Python badge 2", None),
    ):
        yield credentials.Endorsement(
            id=id_of(f"{who} for {award}"),
            award_id=id_of(award),
            endorser_id=by and id_of(by),
            name=who,
            comment="Knows it well",
            made_at=on(2025, 5),
            document='{"name": "Signed"}' if by else "a.b.c",
            address="https://cairn.example.com",
            key_id=id_of("signing key") if by else None,
            state=credentials.CheckState.VERIFIED if by else credentials.CheckState.CHECKING,
        )
    for by, version in (("Ben", "Python badge 2"), (None, "Python badge 2"), (None, None), ("Ada", None)):
        yield credentials.Endorsement(
            id=id_of(f"{by or 'Outside'} for {version or 'the issuer'}"),
            version_id=version and id_of(version),
            endorser_id=by and id_of(by),
            name=by or "Outside",
            comment="Means a lot",
            made_at=on(2025, 5),
            document='{"name": "Signed"}',
            address="https://cairn.example.com",
            key_id=id_of("signing key") if by else None,
            checked_at=None if by else on(2025, 6),
        )
    for who, state in (("Ben", "VERIFIED"), ("Cleo", "REFUSED")):
        yield credentials.OutsideCredential(
            id=id_of(f"{who}'s diploma"),
            employee_id=id_of(who),
            digest=id_of(who).bytes * 2,
            document='{"name": "Diploma"}',
            form="Open Badges 3.0, JWT",
            name="Diploma",
            issuer="did:web:example.edu",
            issuer_name="University",
            state=credentials.CheckState(state),
            checks=[{"check": "structure", "result": "PASSED", "says": "It is."}],
            added_at=on(2025),
            checked_at=on(2025, 2),
        )
        yield credentials.PersonalProfile(
            employee_id=id_of(who), url=f"https://{who.lower()}.example", changed_at=on(2025, 2)
        )
        yield credentials.LearnerRecord(
            id=id_of(f"{who}'s record"),
            employee_id=id_of(who),
            key_id=id_of("signing key"),
            document='{"name": "Record"}',
            jwt="a.b.c",
            members=1,
            signed_at=on(2025, 3),
        )


def _accounts():
    for who in ("Ben", "Pat"):
        yield identity.Identity(
            id=id_of(f"{who}'s account"), issuer="https://idp.test", subject=who, employee_id=id_of(who)
        )
    for name, who, seen, more in (
        ("Ben's phone", "Ben", NOW - timedelta(minutes=5), {}),
        (
            "Ben's laptop",
            "Ben",
            NOW - timedelta(hours=5),
            {"ended_at": NOW, "ending": identity.Ending.SIGNED_OUT},
        ),
        ("Pat's laptop", "Pat", NOW - timedelta(minutes=1), {"browser": "Firefox"}),
    ):
        yield identity.Session(
            id=id_of(name),
            key=id_of(name).bytes * 2,
            employee_id=id_of(who),
            issuer="https://idp.test",
            subject=who,
            roles=["EMPLOYEE"],
            created_at=NOW - timedelta(hours=6),
            seen_at=seen,
            expires_at=NOW + timedelta(hours=6),
            **more,
        )
    yield identity.SignIn(
        key=b"s" * 32,
        binding=b"b" * 32,
        issuer="https://idp.test",
        nonce="n",
        verifier="v",
        next="/",
        expires_at=LATER,
    )
    yield identity.LogoutNotice(issuer="https://idp.test", jti="1", expires_at=LATER)
    for name, who in (("Wallet", "Ben"), ("Backpack", "Cleo")):
        yield identity.App(
            id=id_of(name),
            name=name,
            secret=bytes(32),
            auth_method="client_secret_basic",
            redirect_uris=[f"https://{name.lower()}.example/back"],
            scopes=["READ_CREDENTIALS", "OFFLINE"],
            refreshes=True,
            registered_at=on(2025),
        )
        yield identity.ConnectedApp(
            id=id_of(f"{who}'s {name}"),
            employee_id=id_of(who),
            app_id=id_of(name),
            scopes=["READ_CREDENTIALS"],
            connected_at=on(2025, 2),
            ended_at=on(2025, 3) if who == "Ben" else None,
            ending=identity.Disconnection.BY_PERSON if who == "Ben" else None,
        )
        yield identity.AppCode(
            connected_app_id=id_of(f"{who}'s {name}"),
            key=id_of(f"{name} code").bytes * 2,
            redirect_uri=f"https://{name.lower()}.example/back",
            challenge="c",
            expires_at=on(2025, 2),
        )
        yield identity.AppToken(
            connected_app_id=id_of(f"{who}'s {name}"),
            key=id_of(f"{name} access").bytes * 2,
            kind=identity.TokenKind.ACCESS,
            scopes=["READ_CREDENTIALS"],
            created_at=on(2025, 2),
            expires_at=LATER,
        )
    for name, owner in (("payroll", "Lena"), ("intranet", "Ben")):
        yield identity.ServiceToken(
            id=id_of(f"{name} token"),
            key=id_of(f"{name} token").bytes * 2,
            name=name,
            ending="abcd",
            permissions=["READ_PEOPLE"],
            owner_id=id_of(owner),
            created_at=on(2025),
            expires_at=LATER,
        )


def _machinery():
    for number, (verb, subject) in enumerate(
        (("employee.hire", "Cleo"), ("award.make", "Ben"), ("note", None))
    ):
        yield AuditEntry(
            id=id_of(f"entry {number}"),
            at=on(2025, 1, number + 1),
            viewer="employee:Pat",
            on_behalf_of_id=id_of("Pat") if subject else None,
            verb=verb,
            subject_type="Employee" if subject else None,
            subject_id=subject and id_of(subject),
            after={"starts_on": "2022-01-01", "list": [1, None, {"deep": "\N{SNOWMAN}"}]}
            if subject
            else None,
        )
    yield AuditSeal(number=1, sealed_at=on(2025, 2), entries=1, previous=bytes(32), hash=bytes(32))
    yield AuditLink(entry_id=id_of("entry 0"), seal=1, position=0, digest=bytes(32))
    yield identity.RateCount(key=bytes(16), at=on(2025), count=1)
    yield Event(id=id_of("event"), name="EvidenceChanged", payload={}, published_at=on(2025))
    yield Happening(transaction=1, topic="assignment", subject=id_of("nothing"), told_at=on(2025))
    yield Handled(event_id=id_of("event"), handler="award_for_skill", handled_at=on(2025))
    yield Outcome(
        id=id_of("outcome"), viewer="employee:Pat", key="k", verb="hire", input_hash="0", created_at=on(2025)
    )


def _feeds():
    """A run of a feed that has moved Cleo, and could not do what it said of Dan; another one is not over."""
    for name, status, line in (
        ("run", hris.SyncStatus.APPLIED, 2),
        ("next run", hris.SyncStatus.RECEIVING, 1),
    ):
        yield hris.SyncRun(
            id=id_of(name),
            source="payroll",
            mode=hris.SyncMode.SNAPSHOT,
            status=status,
            started_by="service:payroll",
            started_at=on(2025),
            taken_at=on(2025),
            threshold=0.1,
            emptied=0.3,
            received=line,
            last_line=line,
        )
    yield hris.SyncProgress(
        id=id_of("progress"),
        run_id=id_of("next run"),
        stage=hris.SyncStage.COMPARING,
        share=0.5,
        told_at=on(2025),
    )
    yield hris.SyncChange(
        id=id_of("change"),
        run_id=id_of("run"),
        employee_id=id_of("Cleo"),
        kind=hris.SyncKind.CHANGED,
        before={"phone": None},
        after={"phone": "1"},
    )
    yield hris.SyncProblem(
        id=id_of("problem"),
        run_id=id_of("run"),
        gravity=hris.SyncGravity.REFUSAL,
        row_number=2,
        external_id="dan",
        field="hiredOn",
        message="is no date",
    )
    yield hris.FeedMap(
        id=id_of("map"),
        source="payroll",
        text="person.externalId = 'id'",
        kept_by="employee:Pat",
        kept_at=on(2025),
    )
    yield hris.SyncedPerson(employee_id=id_of("Cleo"), digest=bytes(16), changed_at=on(2025))
    yield hris.StagedLines(
        run_id=id_of("next run"),
        first_line=1,
        first_id=id_of("line"),
        row_numbers=[1],
        external_ids=["cleo"],
        digests=[bytes(16)],
        records=["{}"],
        department_rows=[],
        departments=[],
        department_names=[],
    )
