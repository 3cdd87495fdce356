"""Blueprints of the REST API."""

from __future__ import annotations

from typing import Any

import flask_smorest
import orjson
from flask import Request, request
from marshmallow import Schema
from webargs import core
from webargs.flaskparser import FlaskParser, is_json_request

from connect import guard
from connect.errors import MalformedBody

#: The longest description is 32,767 characters, each of up to twelve bytes when it is escaped.
LARGEST_BODY = 1024 * 1024


class _Parser(FlaskParser):
    """As webargs' own, but a request without a query string gets the defaults without being parsed.

    Loading nothing through marshmallow costs 0.1 ms, and the panel asks without a query string.

    Bodies are bounded and read with orjson, which takes no NaN, no half of a surrogate pair, no nesting
    without end and no number of thousands of digits: the standard library takes or trips over each of them,
    and further on it would be an error of ours.
    """

    def __init__(self) -> None:
        super().__init__()
        self._defaults: dict[Schema, dict[str, Any]] = {}

    def parse(self, argmap: Any, req: Any = None, *, location: str | None = None, **kwargs: Any) -> Any:
        """The parsed arguments; see `webargs.core.Parser.parse`."""
        if location != "query" or request.query_string or not isinstance(argmap, Schema):
            return super().parse(argmap, req, location=location, **kwargs)
        if argmap not in self._defaults:
            # A schema with a required argument raises here, as it should, and is never remembered.
            self._defaults[argmap] = super().parse(argmap, req, location=location, **kwargs)
        return dict(self._defaults[argmap])

    def _raw_load_json(self, req: Request) -> Any:
        """The value in the body. Raises MalformedBody, and TooLarge before more than the bound is read."""
        if not is_json_request(req):
            return core.missing
        body = guard.limited_body(LARGEST_BODY)
        try:
            return orjson.loads(body) if body else core.missing
        except orjson.JSONDecodeError as error:
            # Ours and not the error itself, which webargs takes for an absent body when it is not UTF-8.
            raise MalformedBody from error


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """flask-smorest's blueprint with our parser of arguments.

    Give `arguments` an instance of a schema rather than its class, which would be instantiated in every
    request.
    """

    ARGUMENTS_PARSER = _Parser()
