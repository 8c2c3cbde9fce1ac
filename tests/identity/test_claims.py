"""Which tokens are believed: ID tokens at sign-in, access tokens at the API."""

import dataclasses
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from cairn.access.permissions import Permission
from cairn.identity import claims
from cairn.identity.claims import InvalidTokenError
from cairn.identity.providers import Provider
from cairn.settings import SettingError
from identity.conftest import opened
from identity.hostile import (
    CLIENT,
    EC_1,
    ED_1,
    GONE,
    RSA_1,
    RSA_2,
    SECRET,
    In,
    base64url,
    encoded,
    says,
    signature,
    signed,
    with_secret,
)


async def refused_at_sign_in(house):
    browser = house.browser()
    answer = await browser.sign_in()
    assert (answer.status_code == 303) is (browser.session is not None)
    return answer.status_code == 502


async def bearer(house, token):
    return await house.browser().ask(headers={"authorization": f"Bearer {token}"})


async def refused(house, token):
    """401, with the challenge of RFC 6750."""
    answer = await bearer(house, token)
    if answer.status_code == 200:
        return False
    assert answer.status_code == 401, answer.text
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    return True


async def accepted(house, token):
    answer = await bearer(house, token)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["viewer"]["name"]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": "another", "azp": CLIENT},
        {"aud": ["another"], "azp": CLIENT},
        {"aud": []},
        {"aud": ""},
        {"aud": None},
        {"aud": GONE},
        {"aud": 7},
        {"aud": [7, CLIENT]},
        {"aud": {"cairn": True}},
        {"aud": "CAIRN"},
        {"aud": f"{CLIENT} another"},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
        {"azp": "another"},
        {"azp": ""},
        {"azp": [CLIENT]},
    ],
    ids=str,
)
async def test_06_id_token_for_another_audience_is_refused(house, idp, claims):
    idp.id_token = claims
    assert await refused_at_sign_in(house)


@pytest.mark.parametrize("claims", [{"aud": [CLIENT]}, {"azp": CLIENT}, {"aud": [CLIENT, CLIENT]}], ids=str)
async def test_06_id_token_for_us_is_taken(house, idp, claims):
    idp.id_token = claims
    assert (await house.browser().sign_in()).status_code == 303


@pytest.mark.usefixtures("people")
async def test_06_an_audience_that_is_trusted_is_taken_with_azp(database, schema, provider, idp):
    trusting = dataclasses.replace(provider, trusted_audiences=frozenset({"portal"}))
    async with opened(database, schema, [trusting], idp) as house:
        idp.id_token = {"aud": [CLIENT, "portal"], "azp": CLIENT}
        assert (await house.browser().sign_in()).status_code == 303
        for claims in ({"aud": [CLIENT, "portal"]}, {"aud": "portal"}, {"aud": ["portal"], "azp": CLIENT}):
            idp.id_token = claims
            assert await refused_at_sign_in(house), claims


@pytest.mark.parametrize(
    "issuer", ["https://evil.test", "https://idp.test/", "", None, GONE, ["https://idp.test"]]
)
async def test_06_an_id_token_that_names_another_issuer_is_refused(house, idp, issuer):
    idp.id_token = {"iss": issuer}
    assert await refused_at_sign_in(house)


FORGERIES = {
    "none": lambda claims, typ: signed(claims, key=None, alg="none", typ=typ),
    "nOnE": lambda claims, typ: signed(claims, key=None, alg="nOnE", typ=typ),
    "empty alg": lambda claims, typ: signed(claims, key=None, alg="", typ=typ),
    "no alg": lambda claims, typ: under({"typ": typ, "kid": "rsa-1"}, claims),
    "none with a kid": lambda claims, typ: signed(claims, key=None, alg="none", typ=typ, kid="rsa-1"),
    "the signature cut off": lambda claims, typ: signed(claims, typ=typ).rpartition(".")[0] + ".",
    "HS256 with the public key": lambda claims, typ: with_secret(
        claims, RSA_1.as_pem(private=False), typ=typ, kid="rsa-1"
    ),
    "HS256 with the secret": lambda claims, typ: with_secret(claims, SECRET, typ=typ, kid=GONE),
    "HS512 with the secret": lambda claims, typ: with_secret(claims, SECRET * 4, "HS512", typ=typ),
    "RS384, which is not ours": lambda claims, typ: signed(claims, alg="RS384", typ=typ),
    "another key under the same id": lambda claims, typ: signed(claims, key=RSA_2, typ=typ, kid="rsa-1"),
    "a key that is not published": lambda claims, typ: signed(claims, key=RSA_2, typ=typ),
    "jwk in the header": lambda claims, typ: signed(
        claims, key=RSA_2, typ=typ, jwk=RSA_2.as_dict(private=False), kid=GONE
    ),
    "jwk beside an honest signature": lambda claims, typ: signed(
        claims, typ=typ, jwk=RSA_1.as_dict(private=False)
    ),
    "jku": lambda claims, typ: signed(claims, key=RSA_2, typ=typ, jku="https://idp.test/other-keys"),
    "jku beside an honest signature": lambda claims, typ: signed(
        claims, typ=typ, jku="https://idp.test/other-keys"
    ),
    "x5u": lambda claims, typ: signed(claims, typ=typ, x5u="https://idp.test/other-keys"),
    "crit of something unknown": lambda claims, typ: signed(claims, typ=typ, crit=["x"], x=1),
    "crit of something known": lambda claims, typ: signed(claims, typ=typ, crit=["typ"]),
    "crit that is empty": lambda claims, typ: signed(claims, typ=typ, crit=[]),
    "b64": lambda claims, typ: signed(claims, typ=typ, b64=False, crit=["b64"]),
    "a kid that is a number": lambda claims, typ: signed(claims, typ=typ, kid=1),
    "a kid that is a path": lambda claims, typ: signed(claims, typ=typ, kid="../../etc/passwd"),
    "an alg that is a list": lambda claims, typ: under(
        {"alg": ["RS256"], "typ": typ, "kid": "rsa-1"}, claims
    ),
    "two algs": lambda claims, typ: under(
        f'{{"alg": "none", "alg": "RS256", "typ": "{typ}", "kid": "rsa-1"}}'.encode(), claims
    ),
    "five parts": lambda claims, typ: signed(claims, typ=typ) + ".a.b",
    "two parts": lambda claims, typ: signed(claims, typ=typ).rpartition(".")[0],
    "no token": lambda _claims, _typ: "opaque",
    "payload that is no JSON": lambda _claims, typ: signed(b"not json", typ=typ),
    "payload that is a list": lambda _claims, typ: signed([1], typ=typ),
    "payload with a claim twice": lambda claims, typ: signed(
        json.dumps(claims)[:-1].encode() + b', "sub": "ada"}', typ=typ
    ),
    "payload nested deep": lambda _claims, typ: signed(
        b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}", typ=typ
    ),
    "payload altered": lambda claims, typ: altered(signed(claims, typ=typ)),
}


def under(header, claims):
    """Claims under a header of any form, honestly signed."""
    message = f"{encoded(header)}.{encoded(claims)}"
    return f"{message}.{base64url(signature(message))}"


def altered(token):
    header, _, rest = token.partition(".")
    payload, _, signature = rest.partition(".")
    return f"{header}.{payload[:-4]}AAAA.{signature}"


@pytest.mark.parametrize("how", FORGERIES)
async def test_07_an_id_token_that_is_not_rightly_signed_is_refused(house, idp, how):
    idp.forge = lambda claims: FORGERIES[how](claims, "JWT")
    assert await refused_at_sign_in(house)
    assert idp.asked["/other-keys"] == 0


@pytest.mark.parametrize("how", FORGERIES)
async def test_07_an_access_token_that_is_not_rightly_signed_is_refused(house, idp, how):
    assert await refused(house, FORGERIES[how](idp.access_claims(), "at+jwt"))
    assert idp.asked["/other-keys"] == 0


@pytest.mark.parametrize(
    ("key", "alg"), [(RSA_1, "RS256"), (RSA_1, "PS256"), (EC_1, "ES256"), (ED_1, "EdDSA")]
)
async def test_07_the_algorithms_we_take(house, idp, key, alg):
    idp.keys = [RSA_2, key]
    assert await accepted(house, signed(idp.access_claims(), key=key, alg=alg, typ="at+jwt"))
    assert not await refused(house, signed(idp.access_claims(), key=key, alg=alg, typ="application/at+jwt"))


@pytest.mark.parametrize("name", ["none", "HS256", "RS384", "ES256K", "Ed448", "", None])
def test_07_no_other_algorithm_can_be_had(name):
    with pytest.raises(InvalidTokenError):
        claims._REGISTRY.get_alg(name)


async def test_07_an_algorithm_that_is_not_advertised_is_refused(house, idp):
    idp.keys = [RSA_1, EC_1]
    idp.discovery = {"id_token_signing_alg_values_supported": ["RS256", "none", "HS256"]}
    idp.forge = lambda claims: signed(claims, key=EC_1, alg="ES256")
    assert await refused_at_sign_in(house)
    assert await refused(house, signed(idp.access_claims(), key=EC_1, alg="ES256", typ="at+jwt"))
    idp.forge = lambda claims: signed(claims, key=None, alg="none")
    assert await refused_at_sign_in(house)
    idp.forge = lambda claims: with_secret(claims, SECRET)
    assert await refused_at_sign_in(house)


@pytest.mark.parametrize("how", ["none with a kid", "HS256 with the public key", "HS256 with the secret"])
async def test_07_an_algorithm_is_not_taken_because_it_is_advertised(house, idp, how):
    idp.discovery = {"id_token_signing_alg_values_supported": ["RS256", "none", "HS256"]}
    assert await refused(house, FORGERIES[how](idp.access_claims(), "at+jwt"))
    idp.forge = lambda claims: FORGERIES[how](claims, "JWT")
    assert await refused_at_sign_in(house)


async def test_07_a_key_for_one_algorithm_is_not_used_for_another(house, idp):
    published = {**RSA_1.as_dict(private=False), "alg": "RS256"}
    idp.instead["/jwks"] = says(200, json.dumps({"keys": [published]}).encode())
    assert await accepted(house, signed(idp.access_claims(), typ="at+jwt"))
    assert await refused(house, signed(idp.access_claims(), alg="PS256", typ="at+jwt"))


async def test_07_keys_for_encryption_symmetric_keys_and_short_ones_are_passed_over(house, idp):
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()  # it must be refused
    short = {"kty": "RSA", "kid": "s", "n": base64url(numbers.n.to_bytes(128)), "e": "AQAB"}
    keys = [
        {**RSA_1.as_dict(private=False), "use": "enc"},
        {"kty": "oct", "kid": "o", "k": "AAAA"},
        {"kty": "AKP", "kid": "post-quantum"},
        {"kty": "RSA", "kid": "half"},
        {"kty": "EC", "crv": "P-256", "kid": 7, "x": "AA", "y": "AA"},
        "no key",
        short,
    ]
    idp.instead["/jwks"] = says(200, json.dumps({"keys": keys}).encode())
    answer = await bearer(house, signed(idp.access_claims(), typ="at+jwt"))
    assert answer.status_code == 503
    idp.instead["/jwks"] = says(200, json.dumps({"keys": [*keys, EC_1.as_dict(private=False)]}).encode())
    house.issuer._failed = float("-inf")  # the wait after a failure
    assert await accepted(house, signed(idp.access_claims(), key=EC_1, alg="ES256", typ="at+jwt"))


async def test_17_an_access_token_lets_a_person_in_who_never_signed_in(house, people, idp):
    assert await accepted(house, idp.access_token()) == f"employee:{people.ada}"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": CLIENT},
        {"aud": "https://cairn.test/"},
        {"aud": "HTTPS://CAIRN.TEST"},
        {"aud": "https://cairn.test.evil"},
        {"aud": ["https://other.test"]},
        {"aud": []},
        {"aud": GONE},
        {"aud": None},
        {"iss": "https://idp.test/"},
        {"iss": "https://evil.test"},
        {"iss": ["https://idp.test"]},
        {"iss": GONE},
        {"exp": GONE},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": []},
        {"exp": 0},
        {"exp": -1},
        {"nbf": "soon"},
        {"iat": GONE},
        {"iat": "now"},
        {"jti": GONE},
        {"jti": ""},
        {"jti": 7},
        {"client_id": GONE},
        {"client_id": ""},
        {"client_id": ["x"]},
        {"sub": GONE},
        {"sub": ""},
        {"sub": 7},
        {"nonce": "x"},
        {"at_hash": "x"},
        {"events": {}},
    ],
    ids=str,
)
async def test_17_an_access_token_that_does_not_say_all_it_must_is_refused(house, idp, changes):
    assert await refused(house, idp.access_token(**changes))


async def test_17_an_expiry_that_is_not_a_number_or_never_comes_is_refused_or_bounded(house, idp):
    for number in ("NaN", "Infinity", "-Infinity", "1e999"):
        text = json.dumps(idp.access_claims(exp=0)).replace('"exp": 0', f'"exp": {number}').encode()
        assert await refused(house, signed(text, typ="at+jwt")), number
    for number in ("NaN", "Infinity"):
        text = json.dumps(idp.access_claims(x=0)).replace('"x": 0', f'"x": {number}').encode()
        assert await refused(house, signed(text, typ="at+jwt")), f"{number}, which is no JSON"
    assert await accepted(house, idp.access_token(exp=10**30))
    assert await accepted(house, idp.access_token(exp=10**400))


async def test_17_id_tokens_and_logout_tokens_are_no_access_tokens(house, idp):
    stamped = idp.stamp(aud="https://cairn.test", client_id="x", jti="x")
    assert await refused(house, idp.make_id_token("n", "a"))
    assert await refused(house, signed(stamped, typ="JWT"))
    assert await refused(house, signed(stamped, typ=GONE))
    assert await refused(house, signed(stamped, typ="logout+jwt"))
    assert await refused(house, signed({**stamped, "nonce": "n"}, typ="at+jwt"))
    assert await refused(
        house, signed(idp.logout_claims(aud="https://cairn.test", client_id="x"), typ="at+jwt")
    )


async def test_17_access_tokens_and_logout_tokens_are_no_id_tokens(house, idp):
    for typ in ("at+jwt", "logout+jwt", "application/at+jwt", 7, None):
        idp.id_header = {"typ": typ}
        assert await refused_at_sign_in(house), typ


async def test_17_plain_access_tokens_need_an_audience_of_their_own(database, people, schema, provider, idp):
    with pytest.raises(SettingError):
        Provider("https://idp.test", CLIENT, CLIENT, plain_access_tokens=True)
    plain = dataclasses.replace(provider, plain_access_tokens=True)
    async with opened(database, schema, [plain], idp) as house:
        claims = idp.access_claims()
        assert await accepted(house, signed(claims, typ="JWT")) == f"employee:{people.ada}"
        assert await refused(house, idp.make_id_token("n", "a"))
        assert await refused(house, signed({**claims, "nonce": "n"}, typ="JWT"))
        without = {name: value for name, value in claims.items() if name != "client_id"}
        assert await accepted(house, signed({**without, "azp": "x"}, typ="JWT"))
        assert await refused(house, signed(without, typ="JWT"))


async def test_20_without_a_kid_one_key_is_enough_and_several_are_not(house, idp):
    token = signed(idp.access_claims(), typ="at+jwt", kid=GONE)
    assert await accepted(house, token)


async def test_20_without_a_kid_several_keys_are_refused(house, idp):
    idp.keys = [RSA_1, EC_1]
    assert await refused(house, signed(idp.access_claims(), typ="at+jwt", kid=GONE))
    idp.id_header = {"kid": GONE}
    assert await refused_at_sign_in(house)


async def test_20_two_keys_under_one_id_are_told_apart_by_their_kind(house, idp):
    twin = {**EC_1.as_dict(private=False), "kid": "rsa-1"}
    idp.instead["/jwks"] = says(200, json.dumps({"keys": [twin, RSA_1.as_dict(private=False)]}).encode())
    assert await accepted(house, signed(idp.access_claims(), typ="at+jwt"))


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"exp": In(-50)}, True),
        ({"exp": In(-70)}, False),
        ({"iat": In(50)}, True),
        ({"iat": In(70)}, False),
        ({"nbf": In(50)}, True),
        ({"nbf": In(70)}, False),
    ],
    ids=str,
)
async def test_23_clocks_may_differ_by_a_minute(house, idp, changes, holds):
    assert await refused(house, idp.access_token(**changes)) is not holds
    idp.id_token = changes
    assert await refused_at_sign_in(house) is not holds


async def test_23_an_access_token_that_was_good_before_expires(house, idp, monkeypatch):
    token = idp.access_token()
    assert await accepted(house, token)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 355)
    assert await accepted(house, token)
    monkeypatch.setattr(time, "time", lambda: now + 365)
    assert await refused(house, token)


async def test_24_a_bearers_roles_are_those_of_the_token(house, idp):
    asked = "{ viewer { roles permissions } }"
    for groups, roles in ((["auditors"], ["AUDITOR", "EMPLOYEE"]), (GONE, ["EMPLOYEE"]), (7, ["EMPLOYEE"])):
        token = idp.access_token(groups=groups)
        answer = await house.browser().ask(asked, headers={"authorization": f"Bearer {token}"})
        assert answer.json()["data"]["viewer"]["roles"] == roles


async def test_a_programs_role_is_the_one_its_client_id_is_given(house, idp):
    token = idp.access_token(sub="payroll", client_id="payroll", groups=["people-admins"])
    answer = await house.browser().ask(
        "{ viewer { name roles permissions employee { id } } }", headers={"authorization": f"Bearer {token}"}
    )
    assert answer.json()["data"]["viewer"] == {
        "name": "client:payroll",
        "roles": ["HRIS"],
        "permissions": ["READ_PEOPLE", "WRITE_PEOPLE"],
        "employee": None,
    }


async def test_a_token_with_permissions_among_its_scopes_may_do_no_more(house, idp):
    token = idp.access_token(sub="payroll", client_id="payroll", scope="openid people:read learning:write")
    answer = await house.browser().ask(
        "{ viewer { permissions } }", headers={"authorization": f"Bearer {token}"}
    )
    assert answer.json()["data"]["viewer"]["permissions"] == ["READ_PEOPLE"]


async def test_a_program_without_a_role_may_do_what_its_scopes_mean(house, idp):
    token = idp.access_token(sub="robot", client_id="robot", scope="openid people:read access:manage fly")
    answer = await house.browser().ask(
        "{ viewer { name permissions employee { id } } }", headers={"authorization": f"Bearer {token}"}
    )
    assert answer.json()["data"]["viewer"] == {
        "name": "client:robot",
        "permissions": ["READ_PEOPLE"],
        "employee": None,
    }


@pytest.mark.parametrize(
    ("groups", "scope", "permissions"),
    [
        (["auditors"], "openid email", ["READ_AUDIT", "READ_LEARNING", "READ_PEOPLE"]),
        (["auditors"], "openid people:read", ["READ_PEOPLE"]),
        ([], "people:read audit:read", []),
        (["auditors"], ["people:read"], ["READ_AUDIT", "READ_LEARNING", "READ_PEOPLE"]),
    ],
)
async def test_scopes_narrow_what_a_person_may_do_and_never_add(house, idp, groups, scope, permissions):
    token = idp.access_token(groups=groups, scope=scope)
    answer = await house.browser().ask(
        "{ viewer { permissions } }", headers={"authorization": f"Bearer {token}"}
    )
    assert answer.json()["data"]["viewer"]["permissions"] == permissions


@pytest.mark.usefixtures("people")
async def test_scopes_mean_what_was_agreed_with_the_provider(database, schema, provider, idp):
    there = dataclasses.replace(provider, permissions={"api.read": Permission.READ_PEOPLE})
    async with opened(database, schema, [there], idp) as house:
        found = {}
        for scope in ("api.read people:write", "people:write"):
            token = idp.access_token(sub="robot", client_id="robot", scope=scope)
            answer = await house.browser().ask(
                "{ viewer { permissions } }", headers={"authorization": f"Bearer {token}"}
            )
            found[scope] = answer
    assert found["api.read people:write"].json()["data"]["viewer"]["permissions"] == ["READ_PEOPLE"]
    assert found["people:write"].status_code == 403
    assert 'scope="api.read"' in found["people:write"].headers["www-authenticate"]


async def test_18_a_program_without_a_role_is_403_insufficient_scope(house, idp):
    answer = await bearer(house, idp.access_token(sub="stranger", client_id="stranger"))
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
