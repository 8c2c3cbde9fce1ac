"""Checking a credential, whoever signed it: every check with its result, none left out and none guessed.

A credential comes as JSON, as a JWT, or in a picture. What a proof protects are its *statements*, not its
letters; so before anything is read from the letters, they are held to a form in which the two cannot differ:
plain terms of contexts that are known here, and the credential described once.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, TypeVar

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey, import_key

from cairn.credentials import hosted, keys, status
from cairn.credentials.contexts import OPEN_BADGES, Unsignable
from cairn.credentials.document import BADGE, ENDORSEMENT, RECORD, problems
from cairn.credentials.proof import digests, hash_of
from cairn.credentials.report import (
    LEEWAY,
    TRUSTED,
    Report,
    Result,
    Sources,
    Unavailable,
    check_dates,
    decoded,
    id_of,
    instant_of,
    listed,
    object_of,
    read,
    strings,
)

MOST_DEEP = 60
MOST_VALUES = 20_000
"""Values of a document, counted before anything is made of them: each costs a fifth of a millisecond."""
MOST_CONTEXTS = 20
"""Contexts in one place; each costs four."""
MOST_ENTRIES = 8
"""Status entries of a credential; each is a list to fetch."""
REMEMBERED = 1_000
"""Documents of which is remembered what was worked out: a credential is looked at again and again."""
MOST_REMEMBERED = 32_000
"""Characters of the longest of them."""
T = TypeVar("T")
_POOL = ThreadPoolExecutor(2, "verify")
ALGORITHMS = ["ES256", "RS256"]


async def verify(data: bytes, sources: Sources, *, instant: datetime | None = None) -> Report:
    """Checks a credential. Raises `Unreadable` where there is none; all else is in the report."""
    report = await _checked(data, sources, instant or datetime.now(UTC))
    await _check_trust(report, sources)
    return report


async def _aside(work: Callable[..., T], *args: Any) -> T:
    """Does it where nobody waits for it: what strangers send may take seconds to read."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, partial(work, *args))


async def _check_trust(report: Report, sources: Sources) -> None:
    """Whether the issuer is one that the company trusts: only of one that is known to be the issuer."""
    known = {each.name for each in report.checks if each.result is Result.PASSED}
    if report.issuer is None or not {"issuer", "signature"} <= known:
        report.add(TRUSTED, Result.UNKNOWN, "Who issued it is not certain, so nothing is said of them.")
        return
    trusts = await sources.trusts(report.issuer)
    if trusts is None:
        report.add(TRUSTED, Result.UNKNOWN, "There is no list of trusted issuers here.")
    elif trusts:
        report.add(TRUSTED, Result.PASSED, "Its issuer is one that the company trusts.")
    else:
        report.add(TRUSTED, Result.FAILED, "Its issuer is not on the list of those whom the company trusts.")


async def _checked(data: bytes, sources: Sources, at: datetime) -> Report:
    document, jwt = await _aside(read, data)
    if "Assertion" in strings(document.get("type")):
        return await hosted.check(document, jwt, sources, at)
    types = strings(document.get("type"))
    kind = next((known for type_, known in _KINDS.items() if type_ in types), None)
    form = f"{_FORMS.get(kind or '', 'Verifiable Credential')}, {'JWT' if jwt else 'Data Integrity'}"
    report = Report(form, document, issuer=id_of(document.get("issuer")))
    if not await _aside(_check_structure, report, types):
        return report
    await _aside(_check_schema, report, kind)
    method = await _check_issuer(report, jwt, sources)
    if method is None:
        report.add("signature", Result.UNKNOWN, "Without the issuer's key the signature cannot be checked.")
    else:
        await _check_signature(report, jwt, method)
    check_dates(report, at, ("validFrom", "issuanceDate"), ("validUntil", "expirationDate"))
    await _check_status(report, sources, at)
    if kind == RECORD:
        await _check_members(report, sources, at)
    return report


_KINDS = {
    RECORD: RECORD,
    ENDORSEMENT: ENDORSEMENT,
    BADGE: BADGE,
    "AchievementCredential": BADGE,
}
_FORMS = {
    RECORD: "Comprehensive Learner Record 2.0",
    ENDORSEMENT: "Endorsement of Open Badges 3.0",
    BADGE: "Open Badges 3.0",
}
MOST_MEMBERS = 200
"""Credentials of one record that are looked at."""


async def _check_members(report: Report, sources: Sources, at: datetime) -> None:
    """Checks each credential of a record by itself. That one has expired since is no fault of the record."""
    subject = report.document.get("credentialSubject")
    members = listed(subject.get("verifiableCredential") or []) if isinstance(subject, dict) else []
    if not members or len(members) > MOST_MEMBERS:
        report.add("members", Result.FAILED, f"It has no credentials in it, or more than {MOST_MEMBERS}.")
        return
    for member in members:
        name = str(member.get("name") if isinstance(member, dict) else member)[:200]
        if not isinstance(member, dict) or RECORD in strings(member.get("type")):
            report.add("members", Result.FAILED, f"{name}: it is no single credential.")
            continue
        found = await _checked(json.dumps(member).encode(), sources, at)
        wrong = found.problems
        if not wrong:
            report.add("members", Result.PASSED, f"{name}: every check passed.")
        elif [each.name for each in wrong] == ["dates"] and "expired" in wrong[0].says:
            report.add("members", Result.NOTHING, f"{name}: {wrong[0].says}")
        else:
            report.add("members", wrong[0].result, f"{name}: {wrong[0].name}: {wrong[0].says}")


def _check_structure(report: Report, types: list[str]) -> bool:
    document = report.document
    if _values(document) > MOST_VALUES:
        return report.add("structure", Result.FAILED, f"It has more than {MOST_VALUES} values.")
    wrong = next(_ambiguous(document, document.get("id"), 0), None)
    if wrong is None and "VerifiableCredential" not in types:
        wrong = "type: it does not say that it is a VerifiableCredential"
    if wrong is None and not all(isinstance(each, str) for each in listed(document.get("@context"))):
        wrong = "@context: terms are defined inside the document, where anybody could have changed them"
    for name in ("issuer", "credentialSubject"):
        if wrong is None and not document.get(name):
            wrong = f"{name}: it is missing"
    if wrong is not None:
        return report.add("structure", Result.FAILED, f"{wrong}.")
    return report.add("structure", Result.PASSED, "It is built as a verifiable credential is.")


def _values(document: Any) -> int:
    """How many values there are in it, lists and objects among them."""
    count, left = 0, [document]
    while left:
        node = left.pop()
        count += 1
        left.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
    return count


def _ambiguous(node: Any, id_: Any, depth: int) -> Any:
    """What in a document could be read otherwise than it was signed, a sentence each."""
    if depth > MOST_DEEP:
        yield "it is nested too deeply"
    elif isinstance(node, list):
        for each in node:
            yield from _ambiguous(each, id_, depth + 1)
    elif isinstance(node, dict):
        if depth and id_ is not None and node.get("id") == id_ and len(node) > 1:
            yield "it describes itself a second time, further inside"
        if len(listed(node.get("@context"))) > MOST_CONTEXTS:
            yield f"@context: there are more than {MOST_CONTEXTS}"
        for key, value in node.items():
            if ":" in key or (
                key.startswith("@") and key not in {"@context", "@value", "@language", "@direction"}
            ):
                yield f"{key[:100]}: it is not a plain term"
            if key == "@context" and depth:
                if "VerifiableCredential" not in strings(node.get("type")):
                    yield "@context: terms are defined anew, further inside"
                elif not all(isinstance(each, str) for each in listed(value)):
                    yield "@context: terms are defined inside a credential that is inside"
            elif key != "@context":
                yield from _ambiguous(value, id_, depth + 1)


def _check_schema(report: Report, kind: str | None) -> None:
    if kind is None or report.document.get("validFrom") is None:
        report.add("schema", Result.NOTHING, "No schema of this version is known here.")
        return
    found = problems(report.document, kind, most=3)
    standard = "Comprehensive Learner Record 2.0" if kind == RECORD else "Open Badges 3.0"
    if found:
        report.add("schema", Result.FAILED, f"It is not as {standard} has it: {'; '.join(found)}.")
    else:
        report.add("schema", Result.PASSED, f"It is as the published schema of {standard} has it.")


async def _check_issuer(report: Report, jwt: str | None, sources: Sources) -> Any:
    """The issuer's key that the credential names: as a Multikey, or as a JWK."""
    issuer = id_of(report.document.get("issuer")) or ""
    try:
        url = _method_of(report.document, jwt)
        if url.partition("#")[0] != issuer:
            says = f"It names the issuer {issuer[:200]}, and a key of {url.partition('#')[0][:200]}."
            report.add("issuer", Result.FAILED, says)
            return None
        key = await _key(issuer, url, sources)
    except Unavailable as error:
        report.add("issuer", Result.UNKNOWN, f"{error}.")
        return None
    except (ValueError, KeyError, TypeError, JoseError) as error:
        report.add("issuer", Result.FAILED, f"{error}.")
        return None
    report.add("issuer", Result.PASSED, f"The key is one that {issuer} lists as its own.")
    return key


def _method_of(document: Mapping[str, Any], jwt: str | None) -> str:
    """The URL of the key that signed, as the proof or the JWT's header names it. Raises `ValueError`."""
    if jwt is not None:
        found = object_of(decoded(jwt.split(".")[0]).decode()).get("kid")
        if isinstance(found, str) and found.startswith("#"):
            found = f"{id_of(document.get('issuer'))}{found}"
    else:
        found = id_of(_proof(document).get("verificationMethod"))
    if not isinstance(found, str) or not found.startswith("did:"):
        raise ValueError("It does not name the key that signed it by a DID")
    return found


def _proof(document: Mapping[str, Any]) -> dict[str, Any]:
    """The one proof that is checked. Raises `ValueError`."""
    proofs = [each for each in listed(document.get("proof")) if isinstance(each, dict)]
    known = [each for each in proofs if _suite(each) in SUITES]
    if not proofs:
        raise ValueError("It is not signed: it has no proof")
    if not known:
        raise ValueError(f"Its proof {_suite(proofs[0])[:60]} is not known here")
    return known[0]


def _suite(proof: Mapping[str, Any]) -> str:
    return str(proof.get("cryptosuite") if proof.get("type") == "DataIntegrityProof" else proof.get("type"))


SUITES = ("eddsa-rdfc-2022", "Ed25519Signature2020", "Ed25519Signature2018")


async def _key(issuer: str, url: str, sources: Sources) -> Any:
    """The key at that URL. Raises `Unavailable`, `ValueError`."""
    fragment = url.partition("#")[2]
    if issuer.startswith("did:key:"):
        written = issuer.removeprefix("did:key:")
        if fragment not in {"", written}:
            raise ValueError("The key that it names is not the one of its issuer")
        return keys.public_key(written)
    if not issuer.startswith("did:web:"):
        raise Unavailable(f"How to find the keys of {issuer[:100]} is not known here")
    found = await sources.did(issuer)
    if found.get("id") != issuer:
        raise ValueError("The issuer's DID document is another's")
    allowed = listed(found.get("assertionMethod", []))
    methods = [each for each in listed(found.get("verificationMethod", [])) if isinstance(each, dict)]
    methods += [each for each in allowed if isinstance(each, dict)]
    wanted = {url, f"#{fragment}"}
    if not any(id_of(each) in wanted for each in allowed):
        raise ValueError("The issuer does not list the key that signed it, or no longer does")
    method = next((each for each in methods if id_of(each) in wanted), {})
    if method.get("controller") != issuer:
        raise ValueError("The key that signed it is another's")
    if "publicKeyMultibase" in method:
        return keys.public_key(str(method["publicKeyMultibase"]))
    if isinstance(method.get("publicKeyJwk"), dict):
        return import_key(method["publicKeyJwk"])
    raise ValueError("The issuer's key is not written as a Multikey or a JWK")


async def _check_signature(report: Report, jwt: str | None, key: Any) -> None:
    if jwt is None:
        await _aside(_check_proof, report, key)
    else:
        await _aside(_check_jwt, report, jwt, key)


def _check_proof(report: Report, key: Any) -> None:
    proof = _proof(report.document)
    suite = _suite(proof)
    bare = {name: value for name, value in report.document.items() if name != "proof"}
    try:
        texts = (False, True) if OPEN_BADGES in listed(bare.get("@context")) else (False,)
        fits = any(_fits(suite, bare, proof, key, earlier=earlier) for earlier in texts)
    except (Unsignable, ValueError, TypeError, AttributeError, OverflowError) as error:
        report.add("signature", Result.FAILED, f"The signature cannot be right: {error}.")
        return
    if fits:
        report.add("signature", Result.PASSED, f"Nothing was changed since it was signed ({suite}).")
    else:
        report.add("signature", Result.FAILED, "Something was changed since it was signed, or it never was.")


def _fits(suite: str, bare: dict[str, Any], proof: dict[str, Any], key: Any, *, earlier: bool) -> bool:
    """Whether the signature is one of that document. Raises `ValueError` where it cannot be."""
    if proof.get("proofPurpose") != "assertionMethod":
        raise ValueError("its proof was not made to assert anything")
    options = {name: value for name, value in proof.items() if name not in {"proofValue", "jws"}}
    match suite:
        case "eddsa-rdfc-2022":
            context = options.pop("@context", bare["@context"])
            if context != bare["@context"]:
                raise ValueError("its proof has a context of its own")
            data = _hash_of(bare, options, earlier=earlier)
        case "Ed25519Signature2020":
            data = _hash_of(bare, options, earlier=earlier)
        case _:
            data = _hash_2018(bare, options, earlier=earlier)
            header, _, signed = str(proof.get("jws")).partition("..")
            if object_of(decoded(header).decode()) != {"alg": "EdDSA", "b64": False, "crit": ["b64"]}:
                raise ValueError("the header of its proof is not that of Ed25519Signature2018")
            return _is_signed(key, decoded(signed), header.encode() + b"." + data)
    written = str(proof.get("proofValue"))
    if written[:1] != "z" or len(written) > 120:
        raise ValueError("its proofValue is not base58 of multibase")
    return _is_signed(key, base58.b58decode(written[1:]), data)


def _hash_of(bare: dict[str, Any], options: dict[str, Any], *, earlier: bool) -> bytes:
    """What is signed of a document: of the same letters always the same."""
    written = json.dumps([bare, options])
    if len(written) > MOST_REMEMBERED:
        return hash_of(bare, options, earlier=earlier)
    return _hash_of_written(written, earlier)


@lru_cache(REMEMBERED)
def _hash_of_written(written: str, earlier: bool) -> bytes:  # a key of what is remembered
    bare, options = json.loads(written)
    return hash_of(bare, options, earlier=earlier)


_SECURITY = "https://w3id.org/security#"


def _hash_2018(bare: dict[str, Any], options: dict[str, Any], *, earlier: bool) -> bytes:
    """What Ed25519Signature2018 signs. Its options are read by the context of their time, security v2."""
    terms = {
        "type": "@type",
        "Ed25519Signature2018": f"{_SECURITY}Ed25519Signature2018",
        "created": {
            "@id": "http://purl.org/dc/terms/created",
            "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
        },
        "proofPurpose": {"@id": f"{_SECURITY}proofPurpose", "@type": "@vocab"},
        "assertionMethod": f"{_SECURITY}assertionMethod",
        "verificationMethod": {"@id": f"{_SECURITY}verificationMethod", "@type": "@id"},
    }
    return digests({"@context": terms, **options}, bare, earlier=earlier)


def _is_signed(key: Any, signature: bytes, data: bytes) -> bool:
    if isinstance(key, OKPKey):
        key = key.get_op_key("verify")
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _check_jwt(report: Report, jwt: str, key: Any) -> None:
    try:
        algorithm, claims = _opened(jwt, key)
    except (JoseError, ValueError, TypeError, KeyError):
        report.add("signature", Result.FAILED, "Something was changed since it was signed, or it never was.")
        return
    differing = _differing(claims, report.document)
    if differing:
        says = f"The JWT and the credential in it differ: {', '.join(differing)}."
        report.add("signature", Result.FAILED, says)
    else:
        says = f"Nothing was changed since it was signed ({algorithm})."
        report.add("signature", Result.PASSED, says)


def _differing(claims: dict[str, Any], document: dict[str, Any]) -> list[str]:
    """The claims that say otherwise than the document; a date that only they tell is put into it."""
    expected = {"iss": id_of(document.get("issuer")), "jti": document.get("id")}
    differing = [name for name, value in expected.items() if name in claims and claims[name] != value]
    for name, term, older in (("nbf", "validFrom", "issuanceDate"), ("exp", "validUntil", "expirationDate")):
        if name not in claims:
            continue
        try:
            told = datetime.fromtimestamp(claims[name], UTC)
            said = document.setdefault(term, document.get(older, told.isoformat()))
            if abs(instant_of(said) - told) > LEEWAY:
                differing.append(name)
        except (ValueError, TypeError, OverflowError, OSError):
            differing.append(name)
    return differing


def _opened(jwt: str, key: Any) -> tuple[str, dict[str, Any]]:
    """The algorithm and the claims of a JWT that the key signed. Raises `ValueError`, `JoseError`."""
    header, claims, signature = jwt.split(".")
    told = object_of(decoded(header).decode())
    algorithm = str(told["alg"])
    if "crit" in told:  # RFC 7515, section 4.1.11: what is not understood is not passed over
        raise ValueError("its header asks for more than is known here")
    if isinstance(key, OKPKey | Ed25519PublicKey):
        # RFC 8037 and, for the name, RFC 9864; the library warns of the older name that everybody uses.
        if algorithm not in {"EdDSA", "Ed25519"}:
            raise ValueError("the algorithm is not that of the key")
        if not _is_signed(key, decoded(signature), f"{header}.{claims}".encode()):
            raise ValueError("the signature does not fit")
        payload = decoded(claims)
    else:
        payload = jws.deserialize_compact(jwt, key, algorithms=ALGORITHMS).payload
    return algorithm, object_of(payload.decode())


async def _check_status(report: Report, sources: Sources, at: datetime) -> None:
    entries = listed(report.document.get("credentialStatus") or [])
    if not entries:
        report.add("status", Result.NOTHING, "Its issuer has no way to take it back.")
    if len(entries) > MOST_ENTRIES:
        report.add("status", Result.FAILED, f"It has more than {MOST_ENTRIES} status entries.")
        return
    for entry in entries:
        try:
            purpose, is_set = await _bit(entry, report.document, sources, at)
        except Unavailable as error:
            report.add("status", Result.UNKNOWN, f"{error}.")
            continue
        except (ValueError, TypeError, KeyError) as error:
            report.add("status", Result.FAILED, f"Its status cannot be read: {error}.")
            continue
        if is_set:
            done = {"revocation": "revoked it", "suspension": "suspended it"}.get(purpose, f"set {purpose}")
            report.add("status", Result.FAILED, f"Its issuer has {done}.")
        else:
            report.add("status", Result.PASSED, f"Its issuer lists no {purpose} of it.")


async def _bit(entry: Any, document: Mapping[str, Any], sources: Sources, at: datetime) -> tuple[str, bool]:
    """The purpose of an entry, and whether its bit is set. Raises `Unavailable`, `ValueError`."""
    if not isinstance(entry, dict) or entry.get("type") != "BitstringStatusListEntry":
        raise ValueError("its kind is not known here")
    if str(entry.get("statusSize", 1)) != "1":
        raise ValueError("it has more than one bit")
    issuer = id_of(document.get("issuer"))
    found, jwt = read(await sources.get(str(entry["statusListCredential"])))
    subject = found.get("credentialSubject")
    if not isinstance(subject, dict) or subject.get("type") != "BitstringStatusList":
        raise ValueError("what is found there is no status list")
    if id_of(found.get("issuer")) != issuer:
        raise ValueError("the list is another issuer's")
    inner = Report("", found)
    if not _check_structure(inner, strings(found.get("type"))):
        raise ValueError("the list is not built as a credential is")
    method = await _check_issuer(inner, jwt, sources)
    if method is not None:
        await _check_signature(inner, jwt, method)
    first, last = ("validFrom", "issuanceDate"), ("validUntil", "expirationDate")
    check_dates(inner, at, first, last, must_begin=False)  # Verifiable Credentials 2.0 leaves it open
    for each in inner.checks:
        if each.result is not Result.PASSED:
            raise ValueError(f"the list itself does not hold: {each.says.rstrip('.')}")
    purpose = entry.get("statusPurpose")
    if not isinstance(purpose, str) or purpose not in strings(subject.get("statusPurpose")):
        raise ValueError("the list is there for something else")
    bits = await _aside(status.decoded, str(subject.get("encodedList")))
    return purpose, status.is_set(bits, int(str(entry["statusListIndex"])))
