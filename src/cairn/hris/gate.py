"""The gate: what is wrong with a run as a whole. Nothing of a run that it refuses is written."""

from collections import Counter
from dataclasses import dataclass, field

from cairn.graph.node import camel
from cairn.hris.tables import SyncMode, SyncRefusal, SyncRun

FEW = 3
"""So many people at least have to lose a field before that looks like a mistake of the feed's."""


@dataclass
class Refused(Exception):  # noqa: N818  # it is an answer
    """The run is refused as a whole."""

    refusal: SyncRefusal
    message: str


@dataclass
class Totals:
    """What a run would come to, as the gate looks at it."""

    lines: int = 0
    """Lines that can be used."""
    employed: int = 0
    """People of the source who are employed, or will be."""
    leaving: int = 0
    """Those of them who would not be any more."""
    named: int = 0
    """People of the source whom the run names."""
    emptied: Counter[str] = field(default_factory=Counter)
    """For how many of these a field would become empty."""


def check_lines(run: SyncRun, totals: Totals) -> None:
    """Raises `Refused` for a snapshot of nobody, which is what a failed export looks like."""
    if run.mode is SyncMode.SNAPSHOT and totals.lines == 0:
        raise Refused(
            SyncRefusal.EMPTY,
            "The snapshot has nobody in it, so it is taken for a failed export; nothing was changed.",
        )


def check_leaving(run: SyncRun, totals: Totals) -> None:
    """Raises `Refused` where too many would leave, whether they are missing or terminated."""
    if totals.leaving > run.threshold * totals.employed:
        raise Refused(
            SyncRefusal.TOO_MANY_LEAVE,
            f"{totals.leaving} of {totals.employed} people would leave, more than the threshold of"
            f" {run.threshold:.0%}; nothing was changed. A dry run with a higher threshold shows"
            " who; if that is right, have it done with that threshold.",
        )


def check_emptied(run: SyncRun, totals: Totals) -> None:
    """Raises `Refused` where a field becomes empty for too many, as when a column was lost."""
    for name, count in totals.emptied.most_common():
        if count >= FEW and count > run.emptied * totals.named:
            raise Refused(
                SyncRefusal.FIELD_EMPTIED,
                f"{camel(name)} would become empty for {count} of {totals.named} people, more than"
                f" {run.emptied:.0%}; nothing was changed. Leave the field out to leave it as it is.",
            )
