"""What `cairn verify` looks at: files, addresses, and the list of those whom the company trusts."""

import asyncio
from pathlib import Path

from cairn.credentials.batch import Item, at, is_url, of_column
from cairn.credentials.document import did_web
from cairn.credentials.fetch import Web
from cairn.credentials.outside import is_listed
from cairn.credentials.report import MOST_BYTES, Sources
from cairn.db.engine import database
from cairn.settings import settings


class Looking(Web):
    """The network, and where CAIRN_DATABASE_URL names a database, its list of trusted issuers.

    Those who look at many credentials share `told`, so that an issuer is looked up once.
    """

    def __init__(self, told: dict[str, bool] | None = None, *, anywhere: bool = False) -> None:
        super().__init__(anywhere=anywhere)
        self._told: dict[str, bool] = {} if told is None else told

    async def trusts(self, issuer: str) -> bool | None:
        """Whether it is the company itself, or on its list; None where there is no database."""
        found = settings()
        if found.database_url is None:
            return None
        if issuer == did_web(found.address):
            return True
        if issuer not in self._told:
            async with database(found.database_url.get_secret_value(), pool=1) as opened:
                self._told[issuer] = await is_listed(opened, issuer)
        return self._told[issuer]


def items(file: Path) -> list[Item]:
    """What a list names: addresses, and files beside it. Raises `ValueError`, `OSError`."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [at(each) if is_url(each) else _beside(file.parent, each) for each in of_column(lines)]


def _beside(folder: Path, source: str) -> Item:
    async def fetch(_sources: Sources) -> bytes:
        return await asyncio.to_thread(_read, folder, source)

    return Item(source, fetch)


def _read(folder: Path, source: str) -> bytes:
    """A file in the folder of the list, and nowhere else. Raises `ValueError`, `OSError`."""
    path = (folder / source).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError("it lies outside the folder of the list")
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
