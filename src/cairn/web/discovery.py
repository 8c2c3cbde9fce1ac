"""The Service Description Document of Open Badges 3.0 (appendix B.4.1): an OpenAPI 3.0 document."""

from typing import Any

from cairn.identity.apps import AppScope
from cairn.settings import Settings
from cairn.web.oauth import ALLOWS

SCHEMAS = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json"
FILES = {
    "AchievementCredential": "ob_v3p0_achievementcredential_schema.json",
    "GetOpenBadgeCredentialsResponse": "ob_v3p0_getopenbadgecredentialsresponse_schema.json",
    "Profile": "ob_v3p0_profile_schema.json",
    "Imsx_StatusInfo": "ob_v3p0_imsx_statusinfo_schema.json",
}
"""What is sent, by where its schema is published."""
REFUSALS = {
    "400": "A parameter makes no sense.",
    "401": "There is no token, or none that works.",
    "403": "The token does not reach, or this is not the app's to change.",
    "422": "What was sent makes no sense, or does not hold.",
    "429": "Too many requests; Retry-After says when to come again.",
    "500": "Something went wrong on this side.",
}


def description(address: str, name: str, settings: Settings) -> dict[str, Any]:
    """What there is at an address, and how an app comes to a token; `name` is whose it is."""
    about = f"{address}/oauth/about"
    terms, privacy = settings.terms_url or about, settings.privacy_url or about
    offered = [each for each in AppScope if each is not AppScope.OFFLINE]
    flow = {
        "tokenUrl": f"{address}/oauth/token",
        "authorizationUrl": f"{address}/oauth/authorize",
        "refreshUrl": f"{address}/oauth/token",
        "scopes": {each.value: ALLOWS[each][0] for each in (*offered, AppScope.OFFLINE)},
    }
    scheme = {
        "type": "oauth2",
        "description": "OAuth 2.0 Authorization Code Grant authorization, with PKCE (S256)",
        "x-imssf-name": name,
        "x-imssf-privacyPolicyUrl": privacy,
        "x-imssf-registrationUrl": f"{address}/oauth/register",
        "x-imssf-termsOfServiceUrl": terms,
        "flows": {"authorizationCode": flow},
    }
    return {
        "openapi": "3.0.1",
        "info": {
            "title": name,
            "description": "The Open Badges 3.0 API of Cairn, for apps that people let act for them.",
            "version": "3.0",
            "termsOfService": terms,
            "x-imssf-image": f"{address}/static/cairn.svg",
            "x-imssf-privacyPolicyUrl": privacy,
        },
        "servers": [{"url": f"{address}/ims/ob/v3p0"}],
        "tags": [{"name": "OpenBadgeCredentials"}, {"name": "Profile"}, {"name": "Discovery"}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"OAuth2ACG": scheme},
            "schemas": {each: {"$ref": f"{SCHEMAS}/{file}"} for each, file in FILES.items()},
        },
    }


def _paths() -> dict[str, Any]:
    credential = {
        "application/vc+ld+json": _schema("AchievementCredential"),
        "application/json": _schema("AchievementCredential"),
        "text/plain": {"schema": {"type": "string", "description": "A Compact JWS"}},
    }
    profile = {"application/json": _schema("Profile")}
    pages = {"application/json": _schema("GetOpenBadgeCredentialsResponse")}
    return {
        "/credentials": {
            "get": _operation(
                "getCredentials",
                "OpenBadgeCredentials",
                AppScope.READ_CREDENTIALS,
                {"200": _answer("A page of them.", pages, ("X-Total-Count", "Link"))},
                parameters=[
                    _parameter("limit", {"type": "integer", "minimum": 1}, "How many at most."),
                    _parameter("offset", {"type": "integer", "minimum": 0}, "How many to pass over."),
                    _parameter("since", {"type": "string", "format": "date-time"}, "Those after it."),
                ],
            ),
            "post": _operation(
                "upsertCredential",
                "OpenBadgeCredentials",
                AppScope.WRITE_CREDENTIALS,
                {
                    "200": _answer("It was there, or replaced an earlier one.", credential),
                    "201": _answer("It is new.", credential),
                },
                requestBody={"required": True, "content": credential},
            ),
        },
        "/profile": {
            "get": _operation(
                "getProfile", "Profile", AppScope.READ_PROFILE, {"200": _answer("The profile.", profile)}
            ),
            "put": _operation(
                "putProfile",
                "Profile",
                AppScope.WRITE_PROFILE,
                {"200": _answer("The profile as it is now.", profile)},
                requestBody={"required": True, "content": profile},
            ),
        },
        "/discovery": {
            "get": {
                "operationId": "getServiceDescription",
                "tags": ["Discovery"],
                "summary": "This document.",
                "responses": {"200": {"description": "This document."}},
            }
        },
    }


def _operation(id_: str, tag: str, scope: AppScope, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    refused = {"application/json": _schema("Imsx_StatusInfo")}
    return {
        "operationId": id_,
        "tags": [tag],
        "summary": ALLOWS[scope][0],
        **more,
        "security": [{"OAuth2ACG": [scope.value]}],
        "responses": answers | {status: _answer(says, refused) for status, says in REFUSALS.items()},
    }


def _answer(says: str, content: dict[str, Any], headers: tuple[str, ...] = ()) -> dict[str, Any]:
    found = {"description": says, "content": content}
    if headers:
        found["headers"] = {name: {"schema": {"type": "string"}} for name in headers}
    return found


def _parameter(name: str, schema: dict[str, Any], says: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": says, "schema": schema}


def _schema(name: str) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}
