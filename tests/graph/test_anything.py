"""Documents that fit the schema and mean nothing: each is answered or refused, and none finds a defect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis_graphql import Mode, nodes
from hypothesis_graphql import strategies as documents

from cairn.graph.http import Endpoint
from cairn.graph.problem import Code
from cairn.graph.serve import Answerer
from graph.documents import inputs
from graph.examples import examples
from graph.wire import Client, OpenDoor
from world import EVERYTHING

SCALARS = {
    "DateTime": st.sampled_from(["2024-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]),
    "Date": st.sampled_from(["2024-01-01", "0001-01-01", "9999-12-31"]),
    "Duration": st.sampled_from(["P1Y", "PT1M"]),
    "URL": st.just("https://example.com"),
    "JSON": st.text(),
}


@pytest.fixture(scope="module")
def printed(schema):
    return schema.printed()


@pytest.mark.parametrize("mode", list(Mode))
@examples(15)
@given(data=st.data())
async def test_whatever_comes_is_answered_or_refused(mode, data, schema, printed, standing):
    """What fits the schema, and what does not."""
    database, _ = standing
    scalars = {name: each.map(nodes.String) for name, each in SCALARS.items()}
    query = data.draw(documents.queries(printed, custom_scalars=scalars, mode=mode))
    response = await Client(Endpoint(Answerer(schema, database), OpenDoor(EVERYTHING))).post(query)
    assert response.status_code == 400 or "errors" not in response.json(), response.text
    errors = response.json().get("errors", [])
    assert Code.INTERNAL not in {error["extensions"]["code"] for error in errors}


@pytest.mark.parametrize("name", ["Lena", "Pat"])
@examples(60)
@given(data=st.data())
async def test_whatever_is_rehearsed_comes_to_something(name, data, schema, standing, ids):
    """Every verb of every room, with ids that there are: done or refused, and never a defect."""
    database, world = standing
    verb = data.draw(st.sampled_from(sorted(schema.core.mutation_type.fields)))
    given = data.draw(inputs(schema.core, ids, verb))
    type_ = f"{verb[0].upper()}{verb[1:]}Input!"
    query = (
        f"mutation($input: {type_}) {{ {verb}(input: $input) {{ __typename ... on Refusal {{ message }} }} }}"
    )
    client = Client(Endpoint(Answerer(schema, database), OpenDoor(world.viewer(name))))
    response = await client.post(query, {"input": given})
    if response.status_code == 400:
        assert {error["extensions"]["code"] for error in response.json()["errors"]} == {Code.BAD_INPUT}
    else:
        assert "errors" not in response.json(), response.text
        assert response.json()["data"][verb]["__typename"]
