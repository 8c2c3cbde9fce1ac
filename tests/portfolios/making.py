"""Portfolios through the graph and over HTTP, for tests that need one."""

import io
from datetime import timedelta

from PIL import Image
from sqlalchemy import text

from world import TODAY

LATER = f"{TODAY + timedelta(days=30)}T00:00:00Z"

ADD = """
mutation ($input: AddPortfolioItemInput!) {
  addPortfolioItem(input: $input) {
    __typename
    ... on PortfolioItem {
      id title status isShared happenedOn url reflection claims { nodes { skill { name } level } }
    }
    ... on InvalidInput { problems { path message } }
    ... on Refusal { message }
  }
}
"""
UPLOAD = """
mutation ($input: RequestUploadInput!) {
  requestUpload(input: $input) {
    __typename ... on PortfolioUpload { url expiresAt mostBytes } ... on Refusal { message }
  }
}
"""
SUBMIT = """
mutation ($input: SubmitPortfolioItemInput!) {
  submitPortfolioItem(input: $input) { __typename ... on PortfolioItem { status } ... on Refusal { message } }
}
"""
REVIEW = """
mutation ($input: ReviewPortfolioItemInput!) {
  reviewPortfolioItem(input: $input) {
    __typename
    ... on PortfolioItem {
      status
      reviews { nodes { verdict comment reviewer { displayName } } }
      evidence { nodes { source level note skill { name } cause { ... on PortfolioItem { title } } } }
    }
    ... on Refusal { message }
  }
}
"""
SHARE = """
mutation ($input: SharePortfolioInput!) {
  sharePortfolio(input: $input) {
    __typename
    ... on SharedPortfolio { url share { id title isOpen fields items { nodes { title } } } }
    ... on InvalidInput { problems { path message } }
    ... on Refusal { message }
  }
}
"""
REVOKE = "mutation ($input: RevokeShareInput!) { revokeShare(input: $input) { __typename } }"
TINY_PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF"


def photo(size=(600, 400), form="JPEG"):
    """A photograph that says where it was taken, lies on its side, and has something behind its end."""
    image = Image.new("RGB", size, (30, 90, 160))
    image.paste((240, 200, 40), (size[0] // 3, 40, size[0] - 40, size[1] // 2))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    out = io.BytesIO()
    image.save(out, form, exif=exif)
    return out.getvalue() + b"<script>alert(1)</script>"


async def item(ask, viewer, **more):
    made = await ask.do(ADD, {"title": "A parser", **more}, viewer=viewer)
    assert made["__typename"] == "PortfolioItem", made
    return made["id"]


async def upload(ask, client, viewer, item, name, data):
    """Sends a file; the answer."""
    asked = await ask.do(UPLOAD, {"item": item, "name": name}, viewer=viewer)
    assert asked["__typename"] == "PortfolioUpload", asked
    return await client.put(asked["url"], content=data)


async def reviewed(ask, company, found):
    """Submitted, and accepted by Lena for one skill of two, lower than claimed."""
    await ask.do(SUBMIT, {"item": found}, viewer=company.viewer("Cleo"))
    claims = [{"skill": company.gid("Skill", "SQL"), "level": 3}]
    given = {"item": found, "verdict": "ACCEPTED", "comment": "Good joins", "claims": claims}
    return await ask.do(REVIEW, given, viewer=company.viewer("Lena"))


async def shared(ask, company, found):
    """A share of the item and of an award that Cleo hides from colleagues."""
    return await ask.do(
        SHARE,
        {
            "title": "What I build",
            "items": [found],
            "awards": [company.gid("Award", "Cleo's Python badge 2")],
            "fields": ["SKILLS", "FILES", "REFLECTIONS", "TITLE"],
            "expiresAt": LATER,
        },
        viewer=company.viewer("Cleo"),
    )


def files_in(folder):
    return sorted(each for each in folder.rglob("*") if each.is_file())


async def without_events(database):
    """The academy's own event says nothing that a worker could do."""
    async with database.transaction() as tx:
        await tx.execute(text("delete from event"))
