"""What certificates look like: templates that a company keeps as data, and which of them draws which.

A template is typst source. The drawing boards of badge platforms come down to a page with slots; here a page
with slots is the packed template, from which a company's own begins: another colour in it is one line, and
nothing of a page is out of reach. Pictures (a signature, a seal) are uploaded by name, as the logo is, and
any template may show them.

A certificate is drawn when it is asked for, and how it looks is no part of what was signed. So a template
that is changed changes the certificates of all awards, and its earlier versions are kept to be read. One that
is removed can be chosen no more and draws nothing that is awarded from then on; what was awarded before is
still drawn by it. Before a template is kept it has to draw what asks most of it, and what gives it least.
"""

import asyncio
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, text, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import InvalidInput, NotAllowed, NotFound, invalid
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.award import AwardId
from cairn.credentials.certificate import LANGUAGE, Template, badge_of, facts, is_language, pictures
from cairn.credentials.define import CredentialId
from cairn.credentials.endorse import IssuerNotDescribed
from cairn.credentials.issuer import issuer
from cairn.credentials.picture import Picture
from cairn.credentials.samples import samples
from cairn.credentials.typeset import BrokenTemplate, Form, TemplateProblem, typeset
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.graph.think import Later, think
from cairn.settings import settings

CertificateTemplateId = Annotated[UUID, Ref("CertificateTemplate")]
_NAME = re.compile(r"[a-z][a-z0-9-]{2,39}")


async def define_certificate_template(
    tx: Transaction, viewer: Viewer, *, code: str, source: str
) -> tables.CertificateTemplate:
    """Keeps a template of certificates, or a new version of one that is there; one that was removed is back.

    It is tried with made-up facts first, once with all there can be and once with the least. What is given to
    it stands in the variable `given`: the texts `title`, `kind`, `holder`, `name`, `description`, `criteria`,
    `issuer`, `url`, `language`, and `awarded` and `awarded_on` (`1 March 2026`, `2026-03-01`); `until`,
    `until_on`, `logo` and the number `credits`, each none where there is none; the list `outcomes`; and the
    number `hue`. `logo`, `badge`, `qr` and those in `images` are SVG: `image(bytes(given.qr), format: "svg")`
    shows one. It reads no file and no package. The signed document is attached to each certificate, whatever
    draws it.

    Args:
        code: A short name that stays.
        source: The template, as typst source.
    """
    viewer.require(Permission.WRITE_LEARNING)
    if not 0 < len(code.strip()) <= 100:
        raise invalid("code", "must have 1 to 100 characters")
    if not source.strip():
        raise invalid("source", "must not be empty")
    shown = pictures(await template_of(tx, source))
    for given in await _samples(tx):
        await typeset(source, given | shown)
    row = tables.CertificateTemplate
    template = (
        await tx.execute(select(row).where(col(row.code) == code).with_for_update())
    ).scalar_one_or_none() or tables.CertificateTemplate(code=code)
    template.removed_at = None
    tx.add(template)
    await tx.flush()
    version = await _version(tx, template.id, source)
    after = {"code": code, "version": version.number}
    await audit.record(tx, viewer, "certificate_template.define", template, after=after)
    return template


async def _version(tx: Transaction, template: UUID, source: str) -> tables.CertificateTemplateVersion:
    """The version with that source: the current one, where that has it."""
    row = tables.CertificateTemplateVersion
    of_it = col(row.certificate_template_id) == template
    current = (
        await tx.execute(select(row).where(of_it, col(row.superseded_at).is_(None)))
    ).scalar_one_or_none()
    if current is not None and current.source == source:
        return current
    last = (await tx.execute(select(func.max(row.number)).where(of_it))).scalar_one() or 0
    await tx.execute(update(row).where(of_it, col(row.superseded_at).is_(None)).values(superseded_at=now()))
    made = row(certificate_template_id=template, number=last + 1, source=source)
    tx.add(made)
    await tx.flush()
    return made


async def remove_certificate_template(
    tx: Transaction, viewer: Viewer, *, certificate_template: CertificateTemplateId
) -> tables.CertificateTemplate:
    """Removes a template: what is awarded from now on is drawn by the default one, or by Cairn's.

    Certificates of what was awarded before are still drawn by it.

    Args:
        certificate_template: The template.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = await find(tx, viewer, tables.CertificateTemplate, certificate_template, lock=True)
    if found.removed_at is not None:
        raise invalid("certificateTemplate", "was removed before")
    found.removed_at = now()
    tx.add(found)
    await tx.flush()
    await audit.record(tx, viewer, "certificate_template.remove", found, after={"code": found.code})
    return found


async def choose_certificate_template(
    tx: Transaction,
    viewer: Viewer,
    *,
    credential: CredentialId | None = None,
    certificate_template: CertificateTemplateId | None = None,
) -> tables.Credential | tables.IssuerProfile:
    """Has a template draw the certificates of a credential, or by default those of all credentials.

    Args:
        credential: The credential; where it is left out, the template is the default.
        certificate_template: The template; where it is left out, that of a credential is the default one, and
            the default one is Cairn's.
    """
    viewer.require(Permission.WRITE_LEARNING)
    row: tables.Credential | tables.IssuerProfile | None
    if credential is not None:
        row = await find(tx, viewer, tables.Credential, credential, lock=True)
    else:
        row = (await tx.execute(select(tables.IssuerProfile).with_for_update())).scalar_one_or_none()
        if row is None:
            raise IssuerNotDescribed("Say who the company is first: describeIssuer does.")
    code = None
    if certificate_template is not None:
        template = await find(tx, viewer, tables.CertificateTemplate, certificate_template, lock=True)
        if template.removed_at is not None:
            raise invalid("certificateTemplate", "was removed; define it again to have it back")
        code = template.code
    row.certificate_template_id = certificate_template
    tx.add(row)
    await tx.flush()
    kind = "credential" if isinstance(row, tables.Credential) else "issuer"
    await audit.record(tx, viewer, f"{kind}.choose_certificate", row, after={"template": code})
    return row


async def show_on_certificates(
    tx: Transaction, viewer: Viewer, name: str, picture: Picture | None
) -> tables.Image | None:
    """Gives templates a picture to show as `given.images` by that name, or takes it away."""
    viewer.require(Permission.WRITE_LEARNING)
    if not _NAME.fullmatch(name):
        raise invalid("name", "has 3 to 40 small letters, digits and hyphens, and begins with a letter")
    row = tables.CertificateImage
    found = (await tx.execute(select(row).where(col(row.name) == name))).scalar_one_or_none()
    if found is None and picture is None:
        raise NotFound("There is no such picture.")
    if picture is None and (code := (await tx.execute(_SHOWN, {"name": name})).scalar_one_or_none()):
        raise invalid("name", f"is shown by the template {code}: change that first")
    before = found.image_id if found is not None else None
    made = None
    if picture is not None:
        made = tables.Image(png=picture.png, svg=picture.svg, width=picture.width, height=picture.height)
        tx.add(made)
        await tx.flush()
        found = found or row(name=name, image_id=made.id)
        found.image_id = made.id
        tx.add(found)
        await tx.flush()
    if before is not None:
        await tx.execute(delete(tables.Image).where(col(tables.Image.id) == before))
    after = {"name": name, "image": None if made is None else f"{made.width} × {made.height}"}
    await audit.record(tx, viewer, "certificate_image.keep", found, after=after)
    return made


_SHOWN = text(
    "select code from certificate_template template join certificate_template_version version"
    " on certificate_template_id = template.id and superseded_at is null"
    " where position(:name in source) > 0 order by code limit 1"
)
_CHOSEN = text(
    "select source from award join credential on credential.id = award.credential_id"
    " left join issuer_profile issuer on true"
    " join certificate_template template"
    " on template.id in (credential.certificate_template_id, issuer.certificate_template_id)"
    " and (removed_at is null or awarded_at < removed_at)"
    " join certificate_template_version version"
    " on version.certificate_template_id = template.id and superseded_at is null where award.id = :award"
    " order by template.id = credential.certificate_template_id desc nulls last limit 1"
)


async def chosen(tx: Transaction, award: UUID) -> Template | None:
    """The template that draws the certificate of an award; None where it is the packed one."""
    source = (await tx.execute(_CHOSEN, {"award": award})).scalar_one_or_none()
    return None if source is None else await template_of(tx, source)


async def template_of(tx: Transaction, source: str) -> Template:
    """A source, with the pictures that it names."""
    query = select(col(tables.CertificateImage.name), tables.Image).join(
        tables.Image, col(tables.Image.id) == col(tables.CertificateImage.image_id)
    )
    rows = (await tx.execute(query)).all()
    return Template(source, {name: _picture(image) for name, image in rows if name in source})


def _picture(image: tables.Image) -> Picture:
    return Picture(image.png, image.svg, image.width, image.height)


class PreviewForm(StrEnum):
    """What a preview is."""

    PDF = "PDF"
    """The certificate."""
    PNG = "PNG"
    """A picture of its first page."""


@dataclass
class CertificatePreview:
    """A certificate as a template draws it."""

    data: str
    """The certificate, or a picture of its first page, as a `data:` URL."""
    pages: int
    """How many pages it has."""
    warnings: list[TemplateProblem]
    """What the compiler finds strange, such as a font that is not there."""


async def preview_certificate(
    tx: Transaction,
    viewer: Viewer,
    *,
    source: str | None = None,
    certificate_template: CertificateTemplateId | None = None,
    award: AwardId | None = None,
    form: PreviewForm = PreviewForm.PDF,
    language: str = LANGUAGE,
) -> Later[CertificatePreview | BrokenTemplate | InvalidInput | NotFound | NotAllowed]:
    """Draws a certificate by a template, before it is used, or before it is kept.

    Args:
        source: A template, as typst source.
        certificate_template: A template that is kept.
        award: Whose facts are shown; made-up ones where it is left out. With neither of the two above, the
            certificate is drawn as it would be now.
        form: What comes of it.
        language: The language that the template is told (BCP 47).
    """
    viewer.require(Permission.WRITE_LEARNING)
    if source is not None and certificate_template is not None:
        raise invalid("source", "goes without certificateTemplate")
    if not is_language(language):
        raise invalid("language", "must be a language tag such as de-AT")
    template = None
    if source is not None:
        template = await template_of(tx, source)
    elif certificate_template is not None:
        await find(tx, viewer, tables.CertificateTemplate, certificate_template)
        template = await template_of(tx, await _current(tx, certificate_template))
    elif award is None:
        raise invalid("source", "is needed, or certificateTemplate, or an award")
    if award is None:
        given = (await _samples(tx))[0]
    else:
        found = await find(tx, viewer, tables.Award, award)
        given = await _facts_of(tx, found)
        template = template or await chosen(tx, award)
    drawn = template or Template.packed()
    given = given | pictures(drawn) | {"language": language}
    kind: Form = "pdf" if form is PreviewForm.PDF else "png"

    async def work() -> CertificatePreview | BrokenTemplate:
        try:
            made = await typeset(drawn.source, given, kind)
        except BrokenTemplate as refusal:
            return refusal
        media = "application/pdf" if kind == "pdf" else "image/png"
        return CertificatePreview(
            f"data:{media};base64,{b64encode(made.body).decode()}", made.pages, made.warnings
        )

    return Later(work)


async def _current(tx: Transaction, template: UUID) -> str:
    row = tables.CertificateTemplateVersion
    query = select(col(row.source)).where(
        col(row.certificate_template_id) == template, col(row.superseded_at).is_(None)
    )
    return (await tx.execute(query)).scalar_one()


async def _facts_of(tx: Transaction, award: tables.Award) -> dict[str, Any]:
    """The facts of an award. Raises `NotFound` where it is not signed yet."""
    row = tables.SignedDocument
    query = select(col(row.document)).where(col(row.award_id) == award.id, col(row.superseded_at).is_(None))
    written = (await tx.execute(query)).scalar_one_or_none()
    if written is None:
        raise NotFound("The award is not signed yet: try again in a moment.", id=award.id)
    document = orjson.loads(written)
    image = select(tables.Image).join(
        tables.Credential, col(tables.Credential.image_id) == col(tables.Image.id)
    )
    found = (
        await tx.execute(image.where(col(tables.Credential.id) == award.credential_id))
    ).scalar_one_or_none()
    badge = badge_of(document, None if found is None else _picture(found))
    logo = await _logo(tx)
    return await asyncio.to_thread(facts, document, badge, logo)


async def _logo(tx: Transaction) -> Picture | None:
    query = select(tables.Image).join(
        tables.IssuerProfile, col(tables.IssuerProfile.logo_id) == col(tables.Image.id)
    )
    found = (await tx.execute(query)).scalar_one_or_none()
    return None if found is None else _picture(found)


async def _samples(tx: Transaction) -> Sequence[dict[str, Any]]:
    by, logo = await issuer(tx, settings().address), await _logo(tx)
    return await asyncio.to_thread(samples, by, logo)


think(preview_certificate)
