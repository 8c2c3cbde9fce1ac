"""The contract that storages of `scim2-server` keep, kept by ours."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from scim2_server.testing import AsyncScimStorageContract

from cairn.access.viewer import system
from cairn.db.engine import database as pools
from cairn.hris.scim.resources import provider as description
from cairn.hris.scim.storage import PeopleStorage


class Opened(PeopleStorage):
    """Opens the database in the loop that asks: the contract has one of its own for each test."""

    def __init__(self, url):
        self._url = url
        super().__init__(None, system("test"), description())

    @asynccontextmanager
    async def operation(self):
        async with pools(self._url, pool=1) as self._database, super().operation():
            yield


class TestPeople(AsyncScimStorageContract):
    @pytest.fixture
    def provider(self):
        found = description()
        with found:
            yield found

    @pytest.fixture
    def async_storage(self, url, database):  # noqa: ARG002  # it is emptied afterwards
        return Opened(url)


def test_the_contract_runs_in_a_loop_of_its_own():
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
