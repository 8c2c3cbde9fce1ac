"""Frameworks of skills: written by learning admins, or imported as their publishers have them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.graph.scalars import Url
from cairn.skills import tables
from cairn.skills.releases import Progress, SkillDraft, quiet, release
from cairn.skills.turns import take_turn


@dataclass(frozen=True)
class Publication:
    """A framework as it was published."""

    name: str
    """What it is called."""
    version: str
    """Its version."""
    publisher: str | None = None
    """Who publishes it."""
    url: Url | None = None
    """Where it is published."""
    licence: str | None = None
    """On which terms, with the attribution they ask for."""


async def define_framework(
    tx: Transaction,
    viewer: Viewer,
    *,
    name: str,
    version: str,
    skills: list[SkillDraft],
    publisher: str | None = None,
    url: Url | None = None,
    licence: str | None = None,
    retire_others: bool = False,
) -> tables.Framework:
    """Writes a framework of skills, or brings one that is there to a version.

    What is different from before is kept as a release of the framework (`Framework.releases`).

    Args:
        name: What it is called.
        version: The version it comes to.
        skills: Its skills; broader ones may come after those that are part of them, or be there already.
        publisher: Who publishes it.
        url: Where it is published.
        licence: On which terms.
        retire_others: Whether skills of the framework that are not among these are retired.
    """
    about = Publication(name, version, publisher, url, licence)
    framework, _ = await _publish(tx, viewer, about, skills, is_whole=retire_others)
    return framework


async def import_framework(
    tx: Transaction,
    viewer: Viewer,
    *,
    about: Publication,
    skills: Iterable[SkillDraft],
    say: Progress = quiet,
) -> tables.FrameworkRelease | None:
    """Brings a framework to what was published, read as it streams; None where nothing is different.

    Skills that the publication has no longer are retired. Raises `InvalidInput` with each problem.

    Args:
        about: What it is, and which version.
        skills: All of its skills.
        say: Told how far it is.
    """
    _, made = await _publish(tx, viewer, about, skills, is_whole=True, say=say)
    return made


async def _publish(
    tx: Transaction,
    viewer: Viewer,
    about: Publication,
    skills: Iterable[SkillDraft],
    *,
    is_whole: bool,
    say: Progress = quiet,
) -> tuple[tables.Framework, tables.FrameworkRelease | None]:
    viewer.require(Permission.WRITE_LEARNING)
    for path in ("name", "version"):
        if not getattr(about, path).strip():
            raise invalid(path, "must not be empty")
    await take_turn(tx, f"framework {about.name}")
    framework = (
        await tx.execute(select(tables.Framework).where(col(tables.Framework.name) == about.name))
    ).scalar_one_or_none() or tables.Framework(name=about.name, version=about.version)
    tx.add(framework)
    made = await release(tx, framework, about.version, skills, is_whole=is_whole, say=say)
    framework.version, framework.publisher = about.version, about.publisher
    framework.url, framework.licence = about.url, about.licence
    await tx.flush()
    counts = {} if made is None else made.model_dump(exclude={"id", "framework_id", "released_at"})
    await audit.record(tx, viewer, "framework.define", framework, after={"version": about.version, **counts})
    return framework, made
