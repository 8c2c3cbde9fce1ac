"""What every request passes before any route, and every answer after."""

import pytest
from httpx2 import ASGITransport, AsyncClient
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cairn.app import Site, application
from cairn.settings import SettingError, Settings
from cairn.web.front import DATA, HEADERS, front

SITE = "https://cairn.test"


async def echo(request):
    """Who asks, and how long what they sent is."""
    return PlainTextResponse(f"{request.scope['cairn.address']} {len(await request.body())}")


async def public(_request):
    return PlainTextResponse("for all", headers={"access-control-allow-origin": "*"})


async def broken(_request):
    raise RuntimeError("a defect")


def site(address=SITE, **given):
    routes = [
        Route("/", echo, methods=["GET", "POST"]),
        Route("/public", public),
        Route("/broken", broken),
        Route("/healthz", echo),
    ]
    return Site(front(Settings(**given), address), routes=routes)


def client(app, address=SITE, peer="198.51.100.7"):
    transport = ASGITransport(app, raise_app_exceptions=False, client=(peer, 1))
    return AsyncClient(transport=transport, base_url=address)


@pytest.mark.parametrize("path", ["/", "/public", "/broken", "/nothing"])
async def test_every_answer_tells_the_browser_what_not_to_do(path):
    async with client(site()) as http:
        answer = await http.get(path)
    for name, value in HEADERS:
        shared = path == "/public" and name == b"cross-origin-resource-policy"
        assert answer.headers.get(name.decode()) == (None if shared else value.decode())
    assert answer.headers["x-request-id"]
    assert "strict-transport-security" not in answer.headers


async def test_an_answer_that_is_no_document_has_those_that_matter_to_it(database):
    async with client(application(database, [], SITE)) as http:
        answer = await http.post("/graphql", json={"query": "{ viewer { name } }"})
    assert answer.headers["content-type"].startswith("application/json")
    for name, value in HEADERS:
        assert answer.headers.get(name.decode()) == (value.decode() if name in DATA else None)


async def test_production_is_https_for_ever():
    async with client(site(env="production")) as http:
        answer = await http.get("/")
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"


async def test_no_page_of_ours_lets_anything_run_that_is_not_a_file(database):
    async with client(application(database, [], SITE)) as http:
        for path in (
            "/auth/login",
            "/auth/logout",
            "/graphql",
            "/healthz",
            "/static/explorer.js",
            "/nowhere",
        ):
            answer = await http.get(path)
            policy = answer.headers["content-security-policy"]
            assert "unsafe-inline" not in policy, path
            assert "default-src 'none'" in policy, path
            assert "frame-ancestors 'none'" in policy, path


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("cairn.test", 200),
        ("CAIRN.test:8443", 200),
        ("localhost", 200),
        ("evil.test", 421),
        ("cairn.test.evil.test", 421),
        ("evil.test#cairn.test", 421),
        ("", 421),
    ],
)
async def test_a_request_is_for_us_by_name(host, status):
    async with client(site()) as http:
        assert (await http.get("/", headers={"host": host})).status_code == status
        assert (await http.get("/healthz", headers={"host": host})).status_code == 200


async def test_in_production_this_machine_has_one_name_and_the_setting_others():
    async with client(site(env="production")) as http:
        assert (await http.get("/", headers={"host": "localhost"})).status_code == 421
    async with client(site(env="production", allowed_hosts="cairn.test, cairn.internal")) as http:
        assert (await http.get("/", headers={"host": "cairn.internal"})).status_code == 200
        assert (await http.get("/", headers={"host": "localhost"})).status_code == 421


async def test_two_hosts_are_none():
    async with client(site()) as http:
        answer = await http.get("/", headers=[("host", "cairn.test"), ("host", "evil.test")])
    assert answer.status_code == 400


PROXIES = {"trusted_proxies": "10.0.0.0/8, 2001:db8::/32"}
STANDARD = PROXIES | {"proxy_header": "forwarded"}


@pytest.mark.parametrize(
    ("settings", "peer", "headers", "address"),
    [
        ({}, "10.0.0.1", {"x-forwarded-for": "203.0.113.9"}, "10.0.0.1"),
        (PROXIES, "198.51.100.7", {"x-forwarded-for": "203.0.113.9"}, "198.51.100.7"),
        (PROXIES, "10.0.0.1", {"x-forwarded-for": "203.0.113.9"}, "203.0.113.9"),
        (PROXIES, "10.0.0.1", {"x-forwarded-for": "1.2.3.4, 203.0.113.9, 10.1.1.1"}, "203.0.113.9"),
        (PROXIES, "10.0.0.1", {"x-forwarded-for": "203.0.113.9, rubbish"}, "10.0.0.1"),
        (PROXIES, "10.0.0.1", {"forwarded": "for=203.0.113.9"}, "10.0.0.1"),
        (PROXIES, "2001:db8::1", {"x-forwarded-for": "[2001:db9::2]:443"}, "2001:db9::2"),
        (
            STANDARD,
            "10.0.0.1",
            {"forwarded": 'For="203.0.113.9:80";proto=http'},
            "203.0.113.9",
        ),
        (
            STANDARD,
            "10.0.0.1",
            {"forwarded": 'for="[2001:db9::2]:1"'},
            "2001:db9::2",
        ),
        (STANDARD, "10.0.0.1", {"x-forwarded-for": "203.0.113.9"}, "10.0.0.1"),
    ],
)
async def test_only_a_trusted_proxy_says_whom_it_asks_for(settings, peer, headers, address):
    async with client(site(**settings), peer=peer) as http:
        assert (await http.get("/", headers=headers)).text == f"{address} 0"


FRIEND, STRANGER = "https://intranet.example.com", "https://evil.example.com"
ASKS_FIRST = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}


async def test_no_other_site_reads_answers_unless_it_is_named():
    async with client(site()) as http:
        answer = await http.options("/", headers={"origin": FRIEND, **ASKS_FIRST})
        assert "access-control-allow-origin" not in answer.headers
        answer = await http.post("/", headers={"origin": FRIEND})
        assert "access-control-allow-origin" not in answer.headers
        assert (await http.get("/public")).headers["access-control-allow-origin"] == "*"
    async with client(site(cors_origins=FRIEND)) as http:
        for origin, allowed in ((FRIEND, FRIEND), (STRANGER, None), ("null", None)):
            before = await http.options("/", headers={"origin": origin, **ASKS_FIRST})
            answer = await http.post("/", headers={"origin": origin})
            for each in (before, answer):
                assert each.headers.get("access-control-allow-origin") == allowed
                assert "access-control-allow-credentials" not in each.headers
                assert each.headers["vary"] == "Origin"
        assert (await http.get("/public", headers={"origin": FRIEND})).headers.get_list(
            "access-control-allow-origin"
        ) == ["*"]


@pytest.mark.parametrize("given", ["*", "intranet.example.com", "https://a.example.com/path", "null"])
def test_a_site_is_named_by_its_origin(given):
    with pytest.raises(SettingError, match="CAIRN_CORS_ORIGINS"):
        front(Settings(cors_origins=given), SITE)


def test_a_proxy_is_an_address_or_a_network():
    with pytest.raises(SettingError, match="CAIRN_TRUSTED_PROXIES"):
        front(Settings(trusted_proxies="nginx"), SITE)


async def test_a_body_has_a_bound_announced_or_not():
    async def parts():
        for _ in range(3):
            yield b"x" * 1_000_000

    async with client(site()) as http:
        assert (await http.post("/", content=b"x" * 2_000_000)).text.endswith(" 2000000")
        assert (await http.post("/", content=b"x" * 2_000_001)).status_code == 413
        assert (await http.post("/", content=parts())).status_code == 413
        assert (await http.get("/" + "x" * 8_000)).status_code == 414


async def test_a_request_is_logged_without_its_query_and_with_its_id(caplog):
    caplog.set_level("INFO", logger="cairn.access")
    async with client(site(access_log="true")) as http:
        await http.get("/?code=secret")
        await http.get("/nothing")
    lines = [(each.method, each.path, each.status, each.who) for each in caplog.records]
    assert lines == [("GET", "/", 200, ""), ("GET", "/nothing", 404, "")]
    assert "secret" not in caplog.text
