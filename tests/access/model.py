"""Who sees what, said once more: "Who may see and do what" of the design, in plain Python over plain rows.

It knows the rows of all tables, whoever may see them, and what day it is; nothing of the rules in SQL, nor of
the reporting line as it is stored: who is above whom is walked up from the employments of a day. Rules and
model have to come to the same, whatever the company.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise

from cairn.access.permissions import Permission
from cairn.db.ranges import Range

CLAIMED = {"SELF", "PEER"}
"""The sources whose word does not count without another's."""


class Company:
    """All rows of all tables, at an instant."""

    def __init__(self, rows, now):
        self.rows = rows
        self.now = now
        self.today = now.astimezone(UTC).date()
        self.by_id = {row["id"]: row for each in rows.values() for row in each if "id" in row}
        self._stints = {}
        for row in rows["employment"]:
            self._stints.setdefault(row["employee_id"], []).append(row)
        bounds = {
            day for row in rows["employment"] for day in (row["valid"].lower, row["valid"].upper) if day
        }
        self._bounds = sorted(bounds)
        self.is_above = cache(self._is_above)
        self.times_above = cache(self._times_above)

    def employment(self, employee, day):
        """What somebody is employed as on a day."""
        return next((row for row in self._stints.get(employee, ()) if day in row["valid"]), None)

    def _is_above(self, manager, employee, day):
        """Whether somebody is above somebody else on a day, directly or not."""
        while (found := self.employment(employee, day)) is not None and found["manager_id"] is not None:
            employee = found["manager_id"]
            if employee == manager:
                return True
        return False

    def _times_above(self, manager, employee):
        """The instants at which somebody is above somebody else: nothing changes between two bounds."""
        return [
            Range(_midnight(start), _midnight(end), bounds="[)")
            for start, end in pairwise([*self._bounds, None])
            if self.is_above(manager, employee, start)
        ]

    def are_teammates(self, one, other):
        """Whether two are in a team together now, or report to the same manager today."""
        teams = [
            {
                row["team_id"]
                for row in self.rows["team_membership"]
                if row["employee_id"] == each and self.now in row["valid"]
            }
            for each in (one, other)
        ]
        managers = [
            found["manager_id"] if (found := self.employment(each, self.today)) is not None else None
            for each in (one, other)
        ]
        return bool(teams[0] & teams[1]) or (managers[0] is not None and managers[0] == managers[1])


def _midnight(day):
    return None if day is None else datetime.combine(day, time(), UTC)


def instants(value):
    """The stretches of a range or multirange, of days or of instants, as instants."""
    if value is None or isinstance(value, Range):
        value = [] if value is None else [value]
    return [
        each
        if isinstance(each.lower or each.upper, datetime)
        else Range(_midnight(each.lower), _midnight(each.upper), bounds="[)")
        for each in value
        if not each.is_empty
    ]


class Asker:
    """Whoever asks, as the rules below speak of them."""

    def __init__(self, viewer, company):
        self.viewer = viewer
        self.company = company
        self.may = viewer.may
        self.me = viewer.employee

    def manages(self, employee, time_=None):
        """Today; or at the time of a record."""
        if self.me is None:
            return False
        if self.company.is_above(self.me, employee, self.company.today):
            return True
        mine = self.company.times_above(self.me, employee)
        return any(each.overlaps(own) for each in instants(time_) for own in mine)

    def managed_on(self, employee, day):
        """Today, or on that day."""
        above = self.company.is_above
        return self.me is not None and any(
            above(self.me, employee, each) for each in (day, self.company.today)
        )

    def answers_for(self, employee, permission, time_=None):
        """One's own, that of those one manages, and everybody's for who may."""
        return self.may(permission) or employee == self.me or self.manages(employee, time_)


def everybody(_row, _asker):
    return True


def nobody(_row, _asker):
    return False


def learning(time_of):
    """Learning records, by the time they are of."""
    return lambda row, asker: asker.answers_for(row["employee_id"], Permission.READ_LEARNING, time_of(row))


def valid(row):
    return row["valid"]


def held(row):
    return row["held"]


def assignment(row, asker):
    """From when it was assigned to when it ended, both included, and its first day; and what one assigned."""
    end = row["closed_at"]
    if end is not None and row["starts_on"] is not None:
        end = max(end, _midnight(row["starts_on"]))
    time_ = Range(row["assigned_at"], end, bounds="[)" if end is None else "[]")
    assigned = asker.me is not None and row["assigned_by_id"] == asker.me
    return assigned or learning(lambda _row: time_)(row, asker)


def noted(row, asker):
    """And what one said oneself, one sees."""
    said = asker.me is not None and row["asserted_by_id"] == asker.me
    return said or learning(valid)(row, asker)


def evidence(row, asker):
    """And of teammates what is verified and holds, if the company allows it."""
    now = asker.company.now
    verified = row["source"] not in CLAIMED if row["decided"] is None else row["decided"]
    holds = verified and row["withdrawn_at"] is None and now in row["valid"]
    return noted(row, asker) or (holds and shared(row["employee_id"], asker, now))


def request(row, asker):
    """And what one was asked, or has asked."""
    mine = asker.me is not None and asker.me in {row["assessor_id"], row["requested_by_id"]}
    time_ = Range(row["requested_at"], row["closed_at"], bounds="[)" if row["closed_at"] is None else "[]")
    return mine or learning(lambda _row: time_)(row, asker)


def shared(employee, asker, at):
    """Whether teammates see what is verified of each other: as of today, if the company allows it."""
    allowed = any(row["teammates_see_levels"] for row in asker.company.rows["policy"])
    today = at.astimezone(UTC).date() == asker.company.today
    return allowed and today and asker.company.are_teammates(asker.me, employee)


def history(row, asker):
    """Where somebody stands today is for all; the rest is for them, those above and the people admins."""
    now = asker.company.now if "team_id" in row else asker.company.today
    return now in row["valid"] or asker.answers_for(row["employee_id"], Permission.READ_PEOPLE, row["valid"])


def structure(row, asker):
    """Which department is part of which, but for what is planned."""
    start = row["valid"].lower
    return asker.may(Permission.READ_PEOPLE) or start is None or start <= asker.company.today


def mistake(row, asker):
    """What does not hold is of no time."""
    return asker.answers_for(row["employee_id"], Permission.READ_PEOPLE)


def reported(row, asker):
    return asker.may(Permission.READ_LEARNING) or row["reporter"] == asker.viewer.name


def reported_with(row, asker):
    return reported(asker.company.by_id[row["statement_id"]], asker)


def published(row, asker):
    return row["status"] != "DRAFT" or asker.may(Permission.READ_LEARNING)


def once_published(row, asker):
    versions = asker.company.rows["pathway_version"]
    return any(each["pathway_id"] == row["id"] and published(each, asker) for each in versions) or asker.may(
        Permission.READ_LEARNING
    )


def published_step(row, asker):
    return published(asker.company.by_id[row["version_id"]], asker)


def unless_hidden(row, asker):
    return not row["is_hidden"] or learning(held)(row, asker)


def signed(row, asker):
    return unless_hidden(asker.company.by_id[row["award_id"]], asker)


def endorsement(row, asker):
    """Of a definition or of the issuer, everybody."""
    return row["award_id"] is None or signed(row, asker)


def award_to_approve(row, asker):
    """Who has earned it, those above, who may read learning records, and who is named as who approves."""
    version = asker.company.by_id[row["version_id"]]
    work = asker.me and asker.company.employment(asker.me, asker.company.today)
    by = {
        "PERSON": asker.me is not None and version["approver_id"] == asker.me,
        "ROLE": bool(work)
        and work["job_role_id"] is not None
        and work["job_role_id"] == version["approver_role_id"],
    }
    named = by.get(version["awarded_by"], False)
    return named or asker.answers_for(row["employee_id"], Permission.READ_LEARNING)


def portfolio_item(row, asker):
    """One's own; when submitted for reviewers and who may read learning; when shared too, for managers."""
    submitted = row["status"] != "DRAFT"
    reads = asker.may(Permission.REVIEW) or asker.may(Permission.READ_LEARNING)
    above = (submitted or row["is_shared"]) and asker.manages(row["employee_id"])
    return row["employee_id"] == asker.me or (submitted and reads) or above


def of_portfolio_item(row, asker):
    return portfolio_item(asker.company.by_id[row["item_id"]], asker)


def outside_credential(row, asker):
    """As awards' evidence, and all for reviewers."""
    return asker.may(Permission.REVIEW) or asker.answers_for(row["employee_id"], Permission.READ_LEARNING)


def of_share(row, asker):
    return access(asker.company.by_id[row["share_id"]], asker)


def own(row, asker):
    return row["employee_id"] == asker.me


def access(row, asker):
    owner = row["owner_id"] if "owner_id" in row else row["employee_id"]
    return asker.may(Permission.MANAGE_ACCESS) or owner == asker.me


def app(row, asker):
    connected = [each for each in asker.company.rows["connected_app"] if each["app_id"] == row["id"]]
    return asker.may(Permission.MANAGE_ACCESS) or any(access(each, asker) for each in connected)


def templates(_row, asker):
    return asker.may(Permission.READ_LEARNING) or asker.may(Permission.WRITE_LEARNING)


def people(_row, asker):
    return asker.may(Permission.READ_PEOPLE)


def audit(_row, asker):
    return asker.may(Permission.READ_AUDIT)


SEEN = {
    "assessment_request": request,
    "assignment": assignment,
    "assignment_rule": everybody,
    "audit_entry": audit,
    "audit_link": audit,
    "audit_seal": audit,
    "award": unless_hidden,
    "app": app,
    "app_code": nobody,
    "app_token": nobody,
    "award_to_approve": award_to_approve,
    "certificate_image": templates,
    "certificate_template": templates,
    "certificate_template_version": templates,
    "connected_app": access,
    "credential": everybody,
    "credential_grant": everybody,
    "credential_version": everybody,
    "department": everybody,
    "department_line": structure,
    "department_place": structure,
    "employee": everybody,
    "employment": history,
    "endorsement": endorsement,
    "event": nobody,
    "evidence": evidence,
    "feed_map": people,
    "framework": everybody,
    "framework_release": everybody,
    "handled": nobody,
    "happening": nobody,
    "identity": access,
    "image": everybody,
    "issuer_profile": everybody,
    "job_role": everybody,
    "learner_record": access,
    "level_policy": everybody,
    "logout_notice": nobody,
    "outcome": nobody,
    "outside_credential": outside_credential,
    "pathway": once_published,
    "pathway_completion": learning(held),
    "pathway_version": published,
    "policy": everybody,
    "portfolio_claim": of_portfolio_item,
    "portfolio_file": of_portfolio_item,
    "portfolio_item": portfolio_item,
    "portfolio_review": of_portfolio_item,
    "portfolio_share": access,
    "mail": own,
    "mail_preference": own,
    "notification": own,
    "personal_profile": nobody,
    "reminder_policy": everybody,
    "proficiency_level": everybody,
    "progress": learning(valid),
    "rate_count": nobody,
    "reporting_line": history,
    "role_skill": everybody,
    "rule_version": everybody,
    "service_token": access,
    "session": access,
    "share_visit": of_share,
    "shared_award": of_share,
    "shared_item": of_share,
    "sign_in": nobody,
    "signed_document": signed,
    "signing_key": everybody,
    "skill": everybody,
    "skill_change": everybody,
    "skill_relation": everybody,
    "skill_succession": everybody,
    "skill_text": everybody,
    "skill_word": everybody,
    "staged_lines": nobody,
    "statement": reported,
    "statement_attachment": reported_with,
    "status_entry": nobody,
    "status_list": everybody,
    "step": published_step,
    "step_grant": everybody,
    "sync_change": people,
    "sync_problem": people,
    "sync_progress": people,
    "sync_run": people,
    "synced_person": nobody,
    "team": everybody,
    "team_membership": history,
    "trusted_issuer": everybody,
    "upload": nobody,
    "withdrawn_employment": mistake,
}
"""Who sees a row, by table."""


def holding(row, asker, at):
    """Who sees a row of whom it is asked what holds at an instant, and that holds then."""
    today = at.astimezone(UTC).date() == asker.company.today
    if "team_id" in row:
        today = today and at <= asker.company.now and asker.company.now in row["valid"]
    return today or known_at(row["employee_id"], Permission.READ_PEOPLE, asker, at)


def known_at(employee, permission, asker, at):
    """Who sees what held of somebody at an instant, beyond the directory."""
    day = at.astimezone(UTC).date()
    return asker.may(permission) or employee == asker.me or asker.managed_on(employee, day)


def contact(employee, asker):
    """Who sees how to reach somebody: managers of today, and those to come."""
    still = Range(asker.company.today, None, bounds="[)")
    return asker.answers_for(employee, Permission.READ_PEOPLE, still)


def began(row, asker):
    """Who sees since when an employment is."""
    first = row["valid"].lower
    return _on_day(row, asker, first)


def ends(row, asker):
    """Who sees until when an employment is."""
    after = row["valid"].upper
    return _on_day(row, asker, after and after - timedelta(days=1))


def _on_day(row, asker, day):
    days = Range(day, day + timedelta(days=1), bounds="[)") if day else Range(date.max, None, bounds="[)")
    return asker.answers_for(row["employee_id"], Permission.READ_PEOPLE, days)
