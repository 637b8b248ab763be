"""AWS Lambda's words for an event, a context and an answer, so that a `lambda_handler(event, context)` runs unchanged. Owns the
translation: events in API Gateway's format 1.0, answers in 1.0 or 2.0; knows nothing of how a handler is called.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from ._context import Context, Identity
from ._errors import AnswerError
from ._event import Event
from ._pairs import Headers
from ._response import Response

#: What API Gateway has and this host has not: there is no account, and one stage.
_ACCOUNT, _API, _STAGE = "000000000000", "vestibule", "$default"


def event(event: Event, context: Context) -> dict[str, Any]:
    """An event as API Gateway's proxy integration passes it, in format 1.0.

    The body is text where it is UTF-8, else Base64 with `isBase64Encoded`; None where there is none. Of a repeated header or
    parameter the single-valued mapping has the last value, as there; but cookies, which HTTP/2 may split, are joined. What lies
    below the route is `pathParameters["proxy"]`. `requestContext.vestibule` holds what AWS has no word for:
    the verified `delivery` and the caller's `identity`.
    """
    body, is_base64 = _text(event.body)
    query = event.query
    headers = event.headers
    return {
        "version": "1.0",
        "resource": _resource(event, context),
        "path": event.path,
        "httpMethod": event.method,
        "headers": _single(headers),
        "multiValueHeaders": {name: headers.get_all(name) for name in headers},
        "queryStringParameters": dict(query.pairs()) or None,
        "multiValueQueryStringParameters": {name: query.get_all(name) for name in query} or None,
        "pathParameters": _path_parameters(event) or None,
        "stageVariables": None,
        "requestContext": _request_context(event, context),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _single(headers: Headers) -> dict[str, str]:
    single = dict(headers.pairs())
    if "cookie" in single:
        single["cookie"] = "; ".join(headers.get_all("cookie"))
    return single


def _resource(event: Event, context: Context) -> str:
    """The route as API Gateway writes it: `/orders/{id}`, `/docs/{page+}`, with `{proxy+}` for what lies below it."""
    route = "" if context.function == "index" else context.function
    route = re.sub(r"\[([^\]]+)\]", r"{\1}", re.sub(r"\[\.\.\.([^\]]+)\]", r"{\1+}", route))
    below = "/{proxy+}" if len(event.subpath) > 1 else ""
    return f"/{route}{below}" if route else below or "/"


def _path_parameters(event: Event) -> dict[str, str]:
    below = {"proxy": unquote(event.subpath[1:])} if len(event.subpath) > 1 else {}
    return dict(event.params.pairs()) | below


def _text(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


def _request_context(event: Event, context: Context) -> dict[str, Any]:
    now = time.time()
    domain = event.header("host") or ""
    sent = context.delivery
    return {
        "accountId": _ACCOUNT,
        "apiId": _API,
        "authorizer": _authorizer(context.identity),
        "domainName": domain,
        "domainPrefix": domain.split(".")[0],
        "extendedRequestId": context.request_id,
        "httpMethod": event.method,
        "identity": {
            "accessKey": None,
            "accountId": None,
            "caller": None,
            "cognitoAuthenticationProvider": None,
            "cognitoAuthenticationType": None,
            "cognitoIdentityId": None,
            "cognitoIdentityPoolId": None,
            "principalOrgId": None,
            "sourceIp": event.client,
            "user": None,
            "userAgent": event.header("user-agent"),
            "userArn": None,
            "clientCert": None,
        },
        "path": event.path,
        "protocol": "HTTP/1.1",
        "requestId": context.request_id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "requestTimeEpoch": int(now * 1000),
        "resourceId": _resource(event, context),
        "resourcePath": _resource(event, context),
        "stage": _STAGE,
        "vestibule": {
            "delivery": sent
            and {
                "scheme": sent.scheme,
                "id": sent.id,
                "eventType": sent.event_type,
                "timestamp": sent.timestamp,
                "secret": sent.secret,
            },
            "identity": context.identity
            and {
                "provider": context.identity.provider,
                "subject": context.identity.subject,
                "roles": list(context.identity.roles),
            },
        },
    }


def _authorizer(identity: Identity | None) -> dict[str, Any] | None:
    if identity is None:
        return None
    return {"principalId": identity.subject, "claims": dict(identity.claims)}


class LambdaContext:
    """The second argument of a Lambda's handler. Names of AWS's own resources are made of the function's name."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.aws_request_id = context.request_id
        self.function_name = context.function
        self.function_version = context.version
        self.invoked_function_arn = f"arn:aws:lambda:local:{_ACCOUNT}:function:{context.function}"
        #: What the policy allows is not told to functions; 64 MiB is what it allows by default.
        self.memory_limit_in_mb = "64"
        self.log_group_name = f"/aws/lambda/{context.function}"
        self.log_stream_name = context.request_id
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self) -> int:
        """The milliseconds left until the host ends the call."""
        return int(self._context.remaining() * 1000)


def response(returned: object, handler: str) -> Response:
    """A Lambda's answer as a response.

    With `statusCode` it is read as formats 1.0 and 2.0 have it: `headers`, `multiValueHeaders`, `cookies`, `body`,
    `isBase64Encoded`. Without, it is 2.0's short form: the value itself as the body, `application/json`, status 200. A `body` that
    is a dict or a list is written as JSON. Raises AnswerError for what neither has.
    """
    if not isinstance(returned, Mapping) or "statusCode" not in returned:
        if returned is None:
            raise AnswerError(f"{handler} returned None: is a `return` missing?")
        try:
            body = returned if isinstance(returned, str) else json.dumps(returned)
        except (TypeError, ValueError) as error:
            raise AnswerError(f"{handler} returned what JSON cannot express: {error}") from None
        return Response(200, (("content-type", "application/json"),), body.encode())
    answer = Response(_status(returned["statusCode"], handler), _headers(returned, handler), _body(returned, handler))
    if answer.body and answer.header("content-type") is None:
        answer = answer.with_header("content-type", "application/json")
    return answer


def _status(status: object, handler: str) -> int:
    if isinstance(status, str) and status.isascii() and status.isdigit():
        return int(status)
    if isinstance(status, int) and not isinstance(status, bool):
        return int(status)
    raise AnswerError(f"{handler} returned the statusCode {status!r}; write a number, as 200")


def _headers(returned: Mapping[str, Any], handler: str) -> tuple[tuple[str, str], ...]:
    """Single values, then several: a name that is in both has those of `multiValueHeaders`, as with API Gateway."""
    several = returned.get("multiValueHeaders") or {}
    single = returned.get("headers") or {}
    cookies = returned.get("cookies") or []
    if not isinstance(several, Mapping) or not isinstance(single, Mapping) or isinstance(cookies, str):
        raise AnswerError(f"{handler} returned `headers` or `multiValueHeaders` that are no dict, or `cookies` that are no list")
    repeated = {str(name).lower() for name in several}
    pairs = [(str(name), _value(name, value, handler)) for name, value in single.items() if str(name).lower() not in repeated]
    for name, values in several.items():
        if not isinstance(values, (list, tuple)):
            raise AnswerError(f"{handler} returned multiValueHeaders[{name!r}] that is no list")
        pairs.extend((str(name), _value(name, value, handler)) for value in values)
    pairs.extend(("set-cookie", _value("cookies", cookie, handler)) for cookie in cookies)
    return tuple(pairs)


def _value(name: object, value: object, handler: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise AnswerError(f"{handler} returned the header {name!r} with a {type(value).__name__}; write a str")


def _body(returned: Mapping[str, Any], handler: str) -> bytes:
    body = returned.get("body")
    if body is None:
        return b""
    if returned.get("isBase64Encoded"):
        try:
            return base64.b64decode(body, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise AnswerError(f"{handler} returned isBase64Encoded with a body that is no Base64") from None
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (dict, list)):
        try:
            return json.dumps(body).encode()
        except (TypeError, ValueError) as error:
            raise AnswerError(f"{handler} returned a body that JSON cannot express: {error}") from None
    raise AnswerError(f"{handler} returned a body that is a {type(body).__name__}; write a str, and bytes as Base64")
