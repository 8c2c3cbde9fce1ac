"""A condition under a rule: only the very term that the rule is content with makes it superfluous."""

import pytest
from sqlalchemy import Date, and_, bindparam, or_, true

from cairn.access.rules import under
from cairn.people import tables

STINT, OTHER = tables.Employment.__table__.alias("stint"), tables.Employment.__table__.alias("other")
TODAY, ANOTHER_DAY = bindparam("today", type_=Date()), bindparam("day", type_=Date())
OWN = STINT.c.employee_id == bindparam("viewer")
RULE = or_(STINT.c.valid.contains(TODAY), OWN)
TIE = STINT.c.employee_id == OTHER.c.employee_id


@pytest.mark.parametrize(
    "condition", [STINT.c.valid.contains(TODAY), and_(TIE, STINT.c.valid.contains(TODAY)), OWN]
)
def test_what_the_rule_is_content_with_needs_no_rule(condition):
    assert under(RULE, condition) is condition


@pytest.mark.parametrize(
    "condition",
    [
        TIE,
        and_(TIE, STINT.c.valid.contains(ANOTHER_DAY)),
        and_(TIE, OTHER.c.valid.contains(TODAY)),
        and_(TIE, ~STINT.c.valid.contains(TODAY)),
        or_(TIE, STINT.c.valid.contains(TODAY)),
        and_(TIE, or_(OWN, STINT.c.valid.contains(TODAY))),
        and_(TIE, STINT.c.valid.contained_by(TODAY)),
    ],
)
def test_everything_else_does(condition):
    assert str(under(RULE, condition)) == str(and_(condition, RULE))


def test_a_rule_with_several_demands_is_asked_in_full():
    rule = and_(STINT.c.valid.contains(TODAY), OWN)
    condition = and_(TIE, STINT.c.valid.contains(TODAY))
    assert str(under(rule, condition)) == str(and_(condition, rule))


def test_a_rule_of_everyone_adds_nothing():
    assert str(under(true(), TIE)) == str(TIE)
