"""The page that explains the API, made from its OpenAPI schema: no script, nothing from another host."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .routes import api

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter, a field or an answer: what it is called, of which kind it is, and what it means."""

    name: str
    kind: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to ask for."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Row]
    answers: list[Row]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with what it takes and answers, and every schema."""
    schema = api.get_openapi_schema()
    base = request.build_absolute_uri("/").rstrip("/")
    context = {"api": schema["info"], "base": base, "operations": operations(schema), "schemas": schemas(schema)}
    return render(request, "scholar/api_docs.html", context)


def operations(schema: Schema) -> list[Operation]:
    """All operations, in the order of the schema."""
    return [
        Operation(
            id=f"{method}-{path}".strip("/").replace("/", "-"),
            method=method.upper(),
            path=path,
            summary=operation["summary"],
            description=operation.get("description", ""),
            parameters=[*_parameters(operation), *_body(operation)],
            answers=list(_answers(operation)),
        )
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def schemas(schema: Schema) -> list[tuple[str, str, list[Row]]]:
    """Name, description and fields of each object that is answered."""
    return [
        (name, shape.get("description", ""), [_field(key, value) for key, value in shape["properties"].items()])
        for name, shape in schema["components"]["schemas"].items()
    ]


def _parameters(operation: Schema) -> Iterator[Row]:
    for parameter in operation.get("parameters", ()):
        kind = f"{_kind(parameter['schema'])}, in the {parameter['in']}"
        yield Row(parameter["name"], kind, _meaning(parameter["schema"], parameter.get("description", "")))


def _body(operation: Schema) -> Iterator[Row]:
    """The fields of a form, or the object that is sent as JSON."""
    for body in operation.get("requestBody", {}).get("content", {}).values():
        if "$ref" in body["schema"]:
            yield Row("body", _kind(body["schema"]), "Sent as JSON.")
        for name, field in body["schema"].get("properties", {}).items():
            yield Row(name, f"{_kind(field)}, in the form", _meaning(field, field.get("description", "")))


def _answers(operation: Schema) -> Iterator[Row]:
    for status, answer in operation["responses"].items():
        shapes = [_kind(content.get("schema", {})) for content in answer.get("content", {}).values()]
        yield Row(str(status), ", ".join(shapes) or "nothing", answer.get("description", ""))


def _field(name: str, shape: Schema) -> Row:
    return Row(name, _kind(shape), shape.get("description", ""))


def _meaning(shape: Schema, description: str) -> str:
    default = shape.get("default")
    return f"{description} Default: {default}.".strip() if default not in (None, "") else description


def _kind(shape: Schema) -> str:
    """A schema in a few words."""
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    if "anyOf" in shape:
        return " or ".join(_kind(choice) for choice in shape["anyOf"])
    if "enum" in shape:
        return " | ".join(map(str, shape["enum"]))
    if shape.get("type") == "array":
        return f"list of {_kind(shape['items'])}"
    return str(shape.get("format") or shape.get("type") or "anything")
