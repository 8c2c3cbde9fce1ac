"""Whatever is sent, the answer is SCIM's, and never that something failed on our side."""

from urllib.parse import quote

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hris.scim.conftest import GROUP, PATCH, USER, E

FEW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ATTRIBUTES = st.sampled_from(
    [
        *("userName", "active", "name", "name.givenName", "emails", "emails.value", "emails.primary", "id"),
        *("externalId", "meta", "meta.created", "meta.lastModified", "meta.version", "members", "groups"),
        *("members.value", "title", "password", "x509Certificates.value", "displayName", "zork", "schemas"),
        *(f"{E}:manager", f"{E}:manager.value", f"{E}:department", E, f"{USER}:userName", "groups.$ref"),
        *(
            "roles",
            "addresses.country",
            "photos.value",
            "timezone",
            "locale",
            "userType",
            "urn:x:y",
            "emails[",
        ),
    ]
)
VALUES = st.one_of(
    st.text(max_size=8).map(lambda text: orjson.dumps(text.encode("utf-8", "replace").decode()).decode()),
    st.sampled_from(["true", "false", "null", "1", "-1.5e3", '"2020-01-01T00:00:00Z"', '"2020"', '""', "x"]),
    st.sampled_from(['"\\u0000"', '"%"', '"_"', '"\\\\"', "9" * 400, '"9999-12-31T23:59:59Z"']),
)
OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ", "zz"])
TERMS = st.one_of(
    st.builds("{} {} {}".format, ATTRIBUTES, OPERATORS, VALUES),
    st.builds("{} pr".format, ATTRIBUTES),
)
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or ({})".format, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("{}[{}]".format, ATTRIBUTES, inner),
        st.builds("{}[{}].value".format, ATTRIBUTES, inner),
    ),
    max_leaves=5,
)
JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70).filter(lambda n: abs(n) < 2**63),
        st.text(max_size=8).map(lambda text: text.encode("utf-8", "replace").decode()),
        st.sampled_from(["True", "a@b.example", "\x00", "x" * 300, "00000000-0000-0000-0000-000000000000"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(ATTRIBUTES, st.sampled_from(["value", "type", "primary", "$ref", "display"])),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
KINDS = st.sampled_from(["Users", "Groups"])


def is_scims(answer):
    assert answer.status_code < 500, answer.text
    if answer.content:
        assert answer.headers["content-type"] == "application/scim+json"
        assert answer.json()["schemas"]
    if answer.status_code >= 400:
        assert answer.json()["status"] == str(answer.status_code)


@FEW
@given(kind=st.sampled_from(["/Users", "/Groups", ""]), filter_=FILTERS, sort=st.none() | ATTRIBUTES)
async def test_any_filter_and_order(directory, kind, filter_, sort):
    asked = {"filter": filter_, **({} if sort is None else {"sortBy": sort})}
    is_scims(await directory.get(f"/scim/v2{kind}/", params=asked))


@FEW
@given(
    asked=st.dictionaries(
        st.sampled_from(["attributes", "excludedAttributes", "count", "startIndex", "cursor", "sortOrder"]),
        st.one_of(
            ATTRIBUTES, VALUES, st.text(max_size=5).map(lambda text: text.encode("utf-8", "replace").decode())
        ),
    )
)
async def test_any_parameter(directory, asked):
    is_scims(await directory.get("/scim/v2/Users", params=asked))


@FEW
@given(
    path=st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace").decode()),
    method=st.sampled_from(["GET", "PUT", "PATCH", "DELETE", "POST", "FROB"]),
)
async def test_any_path(directory, path, method):
    is_scims(await directory.request(method, f"/scim/v2/Users/{quote(path, safe='/')}", content=b"{}"))


@FEW
@given(
    kind=KINDS,
    operations=st.lists(
        st.fixed_dictionaries(
            {"op": st.sampled_from(["Add", "replace", "Remove", "x"])},
            optional={"path": st.one_of(ATTRIBUTES, FILTERS), "value": JSON_VALUES},
        ),
        max_size=3,
    ),
)
async def test_any_patch(directory, kind, operations):
    found = (await directory.get(f"/scim/v2/{kind}")).json()["Resources"][0]
    body = {"schemas": [PATCH], "Operations": operations}
    is_scims(await directory.request("PATCH", f"/scim/v2/{kind}/{found['id']}", json=body))


@FEW
@given(
    kind=KINDS,
    more=st.dictionaries(ATTRIBUTES, JSON_VALUES, max_size=4),
    method=st.sampled_from(["POST", "PUT"]),
)
async def test_any_resource(directory, kind, more, method):
    found = (await directory.get(f"/scim/v2/{kind}")).json()["Resources"][0]
    body = {"schemas": [USER if kind == "Users" else GROUP], "userName": "x", "displayName": "y", **more}
    path = f"/scim/v2/{kind}" + ("" if method == "POST" else f"/{found['id']}")
    is_scims(await directory.request(method, path, json=body))


@FEW
@given(
    operations=st.lists(
        st.dictionaries(st.sampled_from(["method", "path", "bulkId", "data", "version"]), JSON_VALUES),
        max_size=3,
    )
)
async def test_any_bulk(directory, operations):
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    answer = await directory.post("/scim/v2/Bulk", json=body)
    is_scims(answer)
    assert all(int(each["status"]) < 500 for each in answer.json().get("Operations", ()))
