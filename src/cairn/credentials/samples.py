"""Made-up facts by which templates of certificates are tried and shown: nobody has them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cairn.credentials.certificate import badge_of, facts
from cairn.credentials.document import Achievement, Awarded, Issuer, Outcome, compose
from cairn.credentials.picture import Picture
from cairn.credentials.tables import CredentialKind

_NOBODY = UUID(int=0)
_SINCE, _UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2029, 3, 1, tzinfo=UTC)
_GREY = '<rect width="90" height="30" fill="#888"/>'
_LOGO = Picture(b"", f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30">{_GREY}</svg>', 90, 30)
_MOST = Achievement(
    _NOBODY,
    1,
    CredentialKind.MICRO_CREDENTIAL,
    "Data analysis and visualisation for decisions",
    "Finds, cleans and joins data of several sources, and shows what follows from them.",
    "Three pieces of work, each reviewed by two people who do the same every day.",
    50,
    [
        Outcome(UUID(int=n), name, name, "Skills", None, 3)
        for n, name in enumerate(("Statistics", "Data visualisation", "Communication"))
    ],
    {3: ("Proficient", "Works alone")},
)
_LEAST = Achievement(_NOBODY, 1, CredentialKind.BADGE, "First aid", "", "")


def samples(by: Issuer, logo: Picture | None) -> Sequence[dict[str, Any]]:
    """Facts with all there can be, then with the least: no logo, no end, no skills."""
    most = _document(by, _MOST, "Anneliese Charlotte Freifrau von Hohenstein-Oppenheimer", _UNTIL)
    least = _document(by, _LEAST, "Bo", None)
    return facts(most, badge_of(most, None), logo or _LOGO), facts(least, badge_of(least, None), None)


def _document(by: Issuer, about: Achievement, name: str, until: datetime | None) -> dict[str, Any]:
    return compose(Awarded(_NOBODY, by, about, name, None, _SINCE, _SINCE, until, (), (_NOBODY, 0), ""))
