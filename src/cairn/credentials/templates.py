"""Templates of certificates in the graph."""

from datetime import datetime

from sqlalchemy import and_

from cairn.credentials import tables
from cairn.credentials.design import (
    CertificateTemplateId,
    choose_certificate_template,
    define_certificate_template,
    remove_certificate_template,
)
from cairn.credentials.endorse import IssuerNotDescribed
from cairn.credentials.graph import Credential, Issuer
from cairn.credentials.typeset import BrokenTemplate
from cairn.graph.mutation import expose
from cairn.graph.node import Many, by_id, derived, everything, extend, many, node, one
from cairn.graph.schema import Query


@node(tables.CertificateTemplate, order=("code",))
class CertificateTemplate:
    """What certificates look like, as typst source, in versions."""

    code: str
    removed_at: datetime | None
    is_default: bool = derived(
        lambda row, viewer: viewer.sees_any(
            tables.IssuerProfile, lambda issuer: issuer.certificate_template_id == row.id
        )
    )
    """Whether it draws the certificates of credentials that have no template of their own."""
    current: "CertificateTemplateVersion | None" = one(
        lambda row, other: and_(other.certificate_template_id == row.id, other.superseded_at.is_(None))
    )
    """The version that draws certificates."""
    versions: Many["CertificateTemplateVersion"] = many(via="certificate_template_id")
    """All its versions."""
    credentials: Many[Credential] = many(lambda row, other: other.certificate_template_id == row.id)
    """The credentials whose certificates it was chosen for."""


@node(tables.CertificateTemplateVersion)
class CertificateTemplateVersion:
    """A template as it is or was."""

    certificate_template: CertificateTemplate
    """The template."""
    number: int
    source: str
    made_at: datetime
    superseded_at: datetime | None


@node(tables.CertificateImage, order=("name",))
class CertificateImage:
    """A picture that templates of certificates may show (`PUT /certificate-images/{name}`)."""

    name: str


@extend(Credential)
class CredentialCertificate:
    """What certificates of a credential look like."""

    certificate_template: CertificateTemplate | None = one(
        lambda row, other: other.id == row.certificate_template_id
    )
    """The template that was chosen for its certificates; null: the default one."""


@extend(Issuer)
class IssuerCertificate:
    """What certificates look like by default."""

    certificate_template: CertificateTemplate | None = one(
        lambda row, other: other.id == row.certificate_template_id
    )
    """The default template of certificates; null: Cairn's own."""


@extend(Query)
class CertificateQueries:
    """Where templates of certificates are found."""

    certificate_template: CertificateTemplate | None = by_id(CertificateTemplateId)
    """A template of certificates by id."""
    certificate_templates: Many[CertificateTemplate] = everything()
    """All templates of certificates, for who keeps or audits credentials; also those that were removed."""
    certificate_images: Many[CertificateImage] = everything()
    """The pictures that templates of certificates may show."""


expose(define_certificate_template, BrokenTemplate)
expose(remove_certificate_template)
expose(choose_certificate_template, IssuerNotDescribed)
