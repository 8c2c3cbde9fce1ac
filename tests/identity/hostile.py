"""An identity provider that lies as it is told to: by default in nothing."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import Counter
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

ISSUER = "https://idp.test"
CLIENT = "cairn"
SECRET = "s3cret-of-the-client"
AUDIENCE = "https://cairn.test"


class Gone:
    """Instead of a value: the claim, parameter or field is left out."""

    def __repr__(self):
        return "GONE"


GONE = Gone()


@dataclass(frozen=True)
class In:
    """Instead of a value: so many seconds from now."""

    seconds: int


RSA_1 = RSAKey.generate_key(2048, {"kid": "rsa-1"})
RSA_2 = RSAKey.generate_key(2048, {"kid": "rsa-2"})
EC_1 = ECKey.generate_key("P-256", {"kid": "ec-1"})
ED_1 = OKPKey.generate_key("Ed25519", {"kid": "ed-1"})


def base64url(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def encoded(value):
    return base64url(value if isinstance(value, bytes) else json.dumps(value).encode())


def signed(claims, *, key=RSA_1, alg="RS256", typ="JWT", **header):
    """A token, whatever is in it; claims may be bytes that are no JSON at all."""
    full = patched({"alg": alg, "typ": typ, "kid": key.kid if key else GONE}, header)
    message = f"{encoded(full)}.{encoded(claims)}"
    return f"{message}.{base64url(signature(message, key, alg) if key else b'')}"


def signature(message, key=RSA_1, alg="RS256"):
    return JWSRegistry.algorithms["Ed25519" if alg == "EdDSA" else alg].sign(message.encode(), key)


def with_secret(claims, secret, alg="HS256", **header):
    """A token signed with a shared secret, for which somebody may take what is none."""
    message = f"{encoded(patched({'alg': alg, 'typ': 'JWT'}, header))}.{encoded(claims)}"
    digest = hmac.digest(secret if isinstance(secret, bytes) else secret.encode(), message.encode(), "sha256")
    return f"{message}.{base64url(digest)}"


def patched(given, changes):
    merged = {**given, **changes}
    return {
        name: int(time.time()) + value.seconds if isinstance(value, In) else value
        for name, value in merged.items()
        if value is not GONE
    }


class HostileProvider:
    def __init__(self, issuer=ISSUER):
        self.issuer = issuer
        self.subject = "ada"
        self.person = {"email": "ada@cairn.test", "email_verified": True, "groups": []}
        self.sid = "sid-1"
        self.keys = [RSA_1]
        self.key = RSA_1
        self.discovery = {}
        self.answer = {}
        self.tokens = {}
        self.id_token = {}
        self.id_header = {}
        self.forge = None
        """Makes the ID token of its claims, in place of an honest signature."""
        self.userinfo = {}
        self.instead = {}
        """By path: an ASGI application that answers there."""
        self.asked = Counter()
        self.broken = []
        """What went wrong with this double itself, which must not pass for a refusal."""
        self.codes = {}
        self.seen = []
        """All that went over the wire and nobody may log."""
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._jwks),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            self.asked[scope["path"]] += 1
            answer = self.instead.get(scope["path"], self.app)
            try:
                await answer(scope, receive, send)
            except Exception as error:
                self.broken.append(error)
                raise

    async def _discovery(self, _request):
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
        }
        return JSONResponse(patched(document, self.discovery))

    async def _jwks(self, _request):
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys]})

    async def _authorize(self, request):
        asked = dict(request.query_params)
        code = f"code-{len(self.codes)}-{base64url(hashlib.sha256(asked['state'].encode()).digest())[:12]}"
        self.codes[code] = asked
        self.seen += [code, asked["state"]]
        answer = patched({"code": code, "state": asked["state"]}, self.answer)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 303)

    async def _token(self, request):
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self.codes.pop(form.get("code"), None)
        challenge = base64url(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or asked["code_challenge"] != challenge or asked["code_challenge_method"] != "S256":
            return JSONResponse({"error": "invalid_grant"}, 400)
        access_token = self.access_token()
        id_token = self.make_id_token(asked.get("nonce"), access_token)
        self.seen += [form["code_verifier"], asked["nonce"], access_token, id_token]
        answer = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": id_token,
        }
        return JSONResponse(patched(answer, self.tokens))

    def make_id_token(self, nonce, access_token):
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = patched(
            {
                **self.stamp(aud=CLIENT),
                "nonce": nonce,
                "sid": self.sid,
                "at_hash": base64url(half),
                **self.person,
            },
            self.id_token,
        )
        return self.forge(claims) if self.forge else signed(claims, key=self.key, **self.id_header)

    def stamp(self, **claims):
        now = int(time.time())
        return {"iss": self.issuer, "sub": self.subject, "iat": now, "exp": now + 300, **claims}

    def access_claims(self, **changes):
        claims = self.stamp(aud=AUDIENCE, client_id="some-app", jti=base64url(time.time_ns().to_bytes(8)))
        return patched({**claims, **self.person}, changes)

    def access_token(self, **changes):
        return signed(self.access_claims(**changes), typ="at+jwt", key=self.key)

    def logout_claims(self, **changes):
        event = {"http://schemas.openid.net/event/backchannel-logout": {}}
        jti = base64url(time.time_ns().to_bytes(8))
        return patched(self.stamp(aud=CLIENT, jti=jti, events=event, sid=self.sid), changes)

    async def _userinfo(self, _request):
        return JSONResponse(patched({"sub": self.subject, **self.person}, self.userinfo))


def says(status=200, body=b"", content_type="application/json", **headers):
    """An application that answers one thing."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status, named, media_type=content_type)


async def hangs(_scope, _receive, _send):
    await asyncio.sleep(60)


async def drips(_scope, _receive, send):
    """A body that never ends, a byte now and then."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.sleep(0.5)


async def floods(_scope, _receive, send):
    """A body that is longer than anybody should read."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(30):
        await send({"type": "http.response.body", "body": b" " * 100_000, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
