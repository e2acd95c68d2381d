"""The TrackingCategories endpoints."""

from __future__ import annotations

from xero_simulator.call import Call
from xero_simulator.errors import NotFound, ValidationError
from xero_simulator.filters import Getter, read_where, sort_rows
from xero_simulator.model import TrackingCategory, TrackingOption
from xero_simulator.submissions import Fields, read_elements

MOST_ACTIVE = 2
MOST_IN_ALL = 4
LONGEST_NAME = 100
STATUSES = ("ACTIVE", "ARCHIVED", "DELETED")
FULL_TEXT = "The maximum number of tracking categories has been reached."
FIELDS: dict[str, Getter] = {
    "TrackingCategoryID": lambda row: row.category_id,
    "Name": lambda row: row.name,
    "Status": lambda row: row.status,
}


def category_row(category: TrackingCategory, *, archived: bool) -> dict[str, object]:
    """Return a category with its options; archived options only on request."""
    return {
        "Name": category.name,
        "Status": category.status,
        "TrackingCategoryID": category.category_id,
        "Options": [
            {"TrackingOptionID": option.option_id, "Name": option.name, "Status": option.status}
            for option in category.options
            if option.status == "ACTIVE" or (archived and option.status == "ARCHIVED")
        ],
    }


def _option_row(option: TrackingOption) -> dict[str, object]:
    return {
        "TrackingOptionID": option.option_id,
        "Name": option.name,
        "Status": option.status,
        "HasValidationErrors": False,
        "IsDeleted": option.status == "DELETED",
        "IsArchived": option.status == "ARCHIVED",
        "IsActive": option.status == "ACTIVE",
    }


def list_categories(call: Call) -> dict[str, object]:
    """Answer `GET /TrackingCategories`; archived ones only with `includeArchived=true`."""
    archived = call.request.params.get("includeArchived", "").lower() == "true"
    shown = {"ACTIVE", "ARCHIVED"} if archived else {"ACTIVE"}
    rows = [row for row in call.book.chart.categories if row.status in shown]
    where = call.request.params.get("where")
    if where:
        ignore_case = call.world.settings.where_ignores_case
        accepts = read_where(where, FIELDS, "TrackingCategory", ignore_case=ignore_case).accepts
        rows = [row for row in rows if accepts(row)]
    order = call.request.params.get("order")
    if order:
        rows = sort_rows(rows, order, FIELDS, "TrackingCategory")
    return {"TrackingCategories": [category_row(row, archived=archived) for row in rows]}


def _find(call: Call) -> TrackingCategory:
    category = call.book.categories.get(call.parts["id"].lower())
    if category is None or category.status == "DELETED":
        raise NotFound
    return category


def _find_option(call: Call) -> TrackingOption:
    wanted = call.parts["option"].lower()
    option = next((item for item in _find(call).options if item.option_id == wanted), None)
    if option is None or option.status == "DELETED":
        raise NotFound
    return option


def read_category(call: Call) -> dict[str, object]:
    """Answer `GET /TrackingCategories/{id}`."""
    return {"TrackingCategories": [category_row(_find(call), archived=True)]}


def _refuse(name: str, *messages: str | None) -> None:
    texts = [text for text in messages if text]
    if texts:
        raise ValidationError([{"Name": name, "ValidationErrors": [{"Message": text} for text in texts]}])


def _name_error(name: str, taken: list[str]) -> str | None:
    if not name.strip():
        return "Name is required."
    if len(name) > LONGEST_NAME:
        return f"Name cannot be more than {LONGEST_NAME} characters."
    return "Name must be unique." if name.lower() in {item.lower() for item in taken} else None


def _one(call: Call, name: str, kind: str) -> Fields:
    elements = read_elements(call.request.body, name, kind)
    if len(elements) > 1:
        raise ValidationError([{"ValidationErrors": [{"Message": f"Only one {kind} can be saved per request."}]}])
    return Fields(elements[0], f"{name}[0]")


def create_category(call: Call) -> dict[str, object]:
    """Answer `PUT /TrackingCategories`: at most two active, four with archived ones."""
    given = _one(call, "TrackingCategories", "TrackingCategory")
    name = given.text("Name") or ""
    rows = [row for row in call.book.chart.categories if row.status != "DELETED"]
    active = sum(1 for row in rows if row.status == "ACTIVE")
    full = active >= MOST_ACTIVE or len(rows) >= MOST_IN_ALL
    _refuse(name, _name_error(name, [row.name for row in rows]), FULL_TEXT if full else None)
    category = TrackingCategory(call.world.guid(), name)
    call.book.chart.categories.append(category)
    call.world.charts.changed(call.tenant_id)
    return {"TrackingCategories": [category_row(category, archived=True)]}


def update_category(call: Call) -> dict[str, object]:
    """Answer `POST /TrackingCategories/{id}`: a new name or status."""
    category = _find(call)
    given = _one(call, "TrackingCategories", "TrackingCategory")
    name, status = given.text("Name"), given.choice("Status", STATUSES, "Xero.API.Library..TrackingCategoryStatus")
    if name is not None:
        others = [row.name for row in call.book.chart.categories if row is not category and row.status != "DELETED"]
        _refuse(name, _name_error(name, others))
    active = [row for row in call.book.chart.categories if row is not category and row.status == "ACTIVE"]
    if status == "ACTIVE" and len(active) >= MOST_ACTIVE:
        _refuse(name or category.name, FULL_TEXT)
    category.name = name or category.name
    category.status = status or category.status
    call.world.charts.changed(call.tenant_id)
    return {"TrackingCategories": [category_row(category, archived=True)]}


def delete_category(call: Call) -> dict[str, object]:
    """Answer `DELETE /TrackingCategories/{id}`."""
    category = _find(call)
    category.status = "DELETED"
    call.world.charts.changed(call.tenant_id)
    return {"TrackingCategories": [category_row(category, archived=True)]}


def create_options(call: Call) -> dict[str, object]:
    """Answer `PUT /TrackingCategories/{id}/Options`: one or many new options."""
    category = _find(call)
    elements = read_elements(call.request.body, "Options", "TrackingOption")
    names = [Fields(item, f"Options[{place}]").text("Name") or "" for place, item in enumerate(elements)]
    taken = [option.name for option in category.options if option.status != "DELETED"]
    for name in names:
        _refuse(name, _name_error(name, taken))
        taken.append(name)
    made = [TrackingOption(call.world.guid(), name) for name in names]
    category.options.extend(made)
    call.world.charts.changed(call.tenant_id)
    return {"Options": [_option_row(option) for option in made]}


def update_option(call: Call) -> dict[str, object]:
    """Answer `POST …/Options/{id}`: a new name or status."""
    option = _find_option(call)
    given = _one(call, "Options", "TrackingOption")
    name, status = given.text("Name"), given.choice("Status", STATUSES, "Xero.API.Library..TrackingOptionStatus")
    if name is not None:
        _refuse(name, _name_error(name, [item.name for item in _find(call).options if item is not option]))
        option.name = name
    option.status = status or option.status
    call.world.charts.changed(call.tenant_id)
    return {"Options": [_option_row(option)]}


def delete_option(call: Call) -> dict[str, object]:
    """Answer `DELETE …/Options/{id}`."""
    option = _find_option(call)
    option.status = "DELETED"
    call.world.charts.changed(call.tenant_id)
    return {"Options": [_option_row(option)]}
