"""Pathways that are copied, and that come from files and go into them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from sqlalchemy import select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import InvalidInput, NotFound, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.graph.scalars import UpTo
from cairn.pathways import tables
from cairn.pathways.author import (
    PathwayId,
    PathwayVersionId,
    create_pathway,
    draft_pathway_version,
)
from cairn.pathways.publish import publish_pathway
from cairn.pathways.tables import VersionStatus
from cairn.pathways.text import LONGEST, Reading, to_text
from cairn.pathways.written import Written, written


class Imported(StrEnum):
    """What came of a text."""

    CREATED = "CREATED"
    """A pathway that was not there."""
    DRAFTED = "DRAFTED"
    """A further version of one that was."""
    UNCHANGED = "UNCHANGED"
    """Its newest version says the same; nothing was written."""


@dataclass(frozen=True)
class ImportPathwayPayload:
    """What came of a text."""

    outcome: Imported
    """Whether something was written."""
    version: PathwayVersionId
    """The version that says what the text says."""


@dataclass(frozen=True)
class ExportPathwayPayload:
    """A version as a text."""

    text: str
    """YAML, which `importPathway` takes."""


async def import_pathway(
    tx: Transaction, viewer: Viewer, *, text: Annotated[str, UpTo(LONGEST)], publish: bool = False
) -> ImportPathwayPayload:
    """Writes a pathway from a YAML text, as `exportPathway` gives one; or a further version of it.

    The code says which pathway it is. A text that says what the newest version says changes nothing. Each
    problem names its line.

    Args:
        text: The pathway, in YAML, of at most half a million characters.
        publish: Whether the version is published at once; who follows an earlier one stays with it.
    """
    viewer.require(Permission.WRITE_LEARNING)
    reading = Reading(text)
    return await bring_in(tx, viewer, await reading.written(tx), reading=reading, publish=publish)


async def bring_in(
    tx: Transaction,
    viewer: Viewer,
    given: Written,
    *,
    reading: Reading | None = None,
    publish: bool = False,
) -> ImportPathwayPayload:
    """Writes a pathway, or a further version of it, unless the newest says the same."""
    code = select(tables.Pathway).where(col(tables.Pathway.code) == given.code)
    pathway = (await tx.execute(code.with_for_update(key_share=True))).scalar_one_or_none()
    newest = None if pathway is None else await _newest(tx, pathway)
    if newest is not None and await written(tx, newest) == given.plain():
        outcome = Imported.UNCHANGED
    else:
        outcome = Imported.CREATED if pathway is None else Imported.DRAFTED
        try:
            newest = await _write(tx, viewer, pathway, given)
        except InvalidInput as refusal:
            raise reading.at_lines(refusal) if reading is not None else refusal from None
    assert newest is not None
    if publish and newest.status is VersionStatus.DRAFT:
        await publish_pathway(tx, viewer, version=newest.id)
    return ImportPathwayPayload(outcome, newest.id)


async def _newest(tx: Transaction, pathway: tables.Pathway) -> tables.PathwayVersion | None:
    of_it = select(tables.PathwayVersion).where(col(tables.PathwayVersion.pathway_id) == pathway.id)
    newest = of_it.order_by(col(tables.PathwayVersion.number).desc()).limit(1)
    return (await tx.execute(newest)).scalar_one_or_none()


async def _write(
    tx: Transaction, viewer: Viewer, pathway: tables.Pathway | None, given: Written
) -> tables.PathwayVersion:
    if pathway is None:
        made = await create_pathway(
            tx,
            viewer,
            code=given.code,
            title=given.title,
            steps=given.steps,
            completion=given.completion,
            summary=given.summary,
            provider=given.provider,
            currency=given.currency,
        )
        first = await _newest(tx, made)
        assert first is not None
        return first
    said = {"title": given.title, "summary": given.summary, "provider": given.provider}
    before = {name: getattr(pathway, name) for name in said}
    if said != before:
        for name, value in said.items():
            setattr(pathway, name, value)
        tx.add(pathway)
        await tx.flush()
        await audit.record(tx, viewer, "pathway.describe", pathway, before=before, after=said)
    return await draft_pathway_version(
        tx,
        viewer,
        pathway=pathway.id,
        steps=given.steps,
        completion=given.completion,
        currency=given.currency,
    )


async def export_pathway(
    tx: Transaction, viewer: Viewer, *, pathway: PathwayId, number: int | None = None
) -> ExportPathwayPayload:
    """Gives a version of a pathway as a YAML text, which `importPathway` takes here and elsewhere.

    Args:
        pathway: The pathway.
        number: Which version; the published one by default, or the newest where none is.
    """
    viewer.require(Permission.READ_LEARNING)
    found = await find(tx, viewer, tables.Pathway, pathway)
    version = await _chosen(tx, viewer, found, number)
    text = await to_text(tx, await written(tx, version))
    await audit.record(tx, viewer, "pathway.export", found, after={"number": version.number})
    return ExportPathwayPayload(text)


async def _chosen(
    tx: Transaction, viewer: Viewer, pathway: tables.Pathway, number: int | None
) -> tables.PathwayVersion:
    """A version that the viewer may see. Raises `NotFound`."""
    version = tables.PathwayVersion
    of_it = select(version).where(col(version.pathway_id) == pathway.id)
    if number is not None:
        of_it = of_it.where(col(version.number) == number)
    published = col(version.status) == VersionStatus.PUBLISHED
    ordered = of_it.order_by(published.desc(), col(version.number).desc()).limit(1)
    found = (await tx.execute(ordered)).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such version.", id=pathway.id)
    return await find(tx, viewer, version, found.id)


async def clone_pathway(
    tx: Transaction, viewer: Viewer, *, version: PathwayVersionId, code: str, title: str
) -> tables.Pathway:
    """Writes another pathway with the draft of a version that says what this one says.

    Args:
        version: The version to copy.
        code: The short name of the copy, which stays.
        title: What the copy is called.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = await find(tx, viewer, tables.PathwayVersion, version)
    copied = await written(tx, found)
    if code == copied.code:
        raise invalid("code", "is that of the pathway itself; draft a further version of it instead")
    return await create_pathway(
        tx,
        viewer,
        code=code,
        title=title,
        steps=copied.steps,
        completion=copied.completion,
        summary=copied.summary,
        provider=copied.provider,
        currency=copied.currency,
    )
