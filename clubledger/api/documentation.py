"""The API's own page: every call with its fields and answers, drawn from the OpenAPI description, without a script."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

EXAMPLE = {
    "source": "clubhouse-pos",
    "rows": [
        {
            "source_id": "INV-1001",
            "kind": "invoice",
            "accounting_date": "2026-07-01",
            "account_type": "SUBS",
            "item": "FULL7",
            "amount": "1100.00",
            "tax_amount": "100.00",
            "job": "Golf",
            "member": "1042",
            "description": "Full 7-day membership 2026/27",
        }
    ],
}


EXAMPLE_WAVE = {
    "wave": "First clubs",
    "to_app": "THE NEW APP'S CLIENT ID",
    "clubs": [{"club": "banksia-park", "switch_on": "2026-11-30", "switch_time": "14:00"}],
}


class Documentation(DocsBase):
    """Draws the page of a club's API, or of the vendor's."""

    def __init__(self, *, for_vendor: bool = False) -> None:
        self.for_vendor = for_vendor

    def render_page(self, request: HttpRequest, api: NinjaAPI, **_kwargs: Any) -> HttpResponse:
        """Show what the OpenAPI description says."""
        schema = api.get_openapi_schema()
        shapes = schema["components"]["schemas"]
        context = {
            "title": schema["info"]["title"],
            "description": marked(schema["info"]["description"]),
            "calls": list(_calls(schema)),
            "shapes": [_shape(name, shape) for name, shape in sorted(shapes.items()) if "properties" in shape],
            "openapi_link": self.get_openapi_url(api, {}),
            "base": request.build_absolute_uri(reverse(f"{api.urls_namespace}:api-root")).rstrip("/"),
            "for_vendor": self.for_vendor,
            "example_path": "/changeovers" if self.for_vendor else "/transactions",
            "mark": "clv" if self.for_vendor else "clk",
            "body": json.dumps(EXAMPLE_WAVE if self.for_vendor else EXAMPLE, indent=2),
        }
        return render(request, "api/documentation.html", context)


def _calls(schema: dict[str, Any]) -> Any:
    for path, operations in schema["paths"].items():
        for method, call in operations.items():
            body = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            yield {
                "id": call["operationId"],
                "method": method.upper(),
                "path": path,
                "summary": call["summary"],
                "description": marked(call.get("description", "")),
                "parameters": [
                    {"name": one["name"], "in": one["in"], "type": _type(one["schema"]), "must": one.get("required")}
                    for one in call.get("parameters", [])
                ],
                "body": _type(body) if body else "",
                "answers": [
                    (status, _type(answer["content"]["application/json"]["schema"]) if "content" in answer else "")
                    for status, answer in sorted(call["responses"].items(), key=lambda one: str(one[0]))
                ],
            }


def marked(text: str) -> SafeString:
    """Return a text with what stands between backticks as code."""
    plain, *rest = text.split("`")
    if len(rest) % 2:
        return format_html("{}", text)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return format_html("{}{}", plain, format_html_join("", "<code>{}</code>{}", pairs))


def _shape(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    required = set(shape.get("required", []))
    fields = []
    for field, about in shape["properties"].items():
        words = about.get("description", "")
        fields.append({"name": field, "type": _type(about), "must": field in required, "about": words})
        row = about.get("items", {})
        for inner, more in row.get("properties", {}).items():
            must = inner in row.get("required", ())
            fields.append(
                {"name": f"{field}[].{inner}", "type": _type(more), "must": must, "about": more.get("description", "")}
            )
    return {"name": name, "about": shape.get("description", ""), "fields": fields}


def _type(about: dict[str, Any]) -> str:
    """Say a type in a word: the name of a shape, list of …, or JSON's own."""
    if "$ref" in about:
        return str(about["$ref"]).rpartition("/")[2]
    if "anyOf" in about:
        return " or ".join(_type(one) for one in about["anyOf"])
    if about.get("type") == "array":
        return f"list of {_type(about.get('items', {}))}"
    return str(about.get("format") or about.get("title" if about.get("properties") else "type", ""))
