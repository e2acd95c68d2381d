"""The error shapes of the accounting API, one exception for each kind."""

from __future__ import annotations


class ApiError(Exception):
    """An error with a number, a type and a message; `elements` echo what was submitted."""

    status = 400
    number = 10
    type_name = "ValidationException"

    def __init__(self, message: str, elements: list[dict[str, object]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.elements = elements

    def body(self) -> dict[str, object]:
        """Return the error's JSON object."""
        body: dict[str, object] = {"ErrorNumber": self.number, "Type": self.type_name, "Message": self.message}
        if self.elements is not None:
            body["Elements"] = self.elements
        return body


class ValidationError(ApiError):
    """One or more submitted elements break a rule."""

    def __init__(self, elements: list[dict[str, object]]) -> None:
        super().__init__("A validation exception occurred", elements)


class PostDataInvalid(ApiError):
    """The body cannot be read as what it should be."""

    number = 14
    type_name = "PostDataInvalidException"


class QueryParse(ApiError):
    """A `where` or `order` that cannot be understood."""

    number = 16
    type_name = "QueryParseException"


class NoDataProcessed(ApiError):
    """An empty body, or one without any element."""

    number = 17
    type_name = "NoDataProcessedException"


class MethodNotImplemented(ApiError):
    """A verb that the endpoint doesn't have."""

    status = 501
    number = 20
    type_name = "ApiMethodNotImplementedException"

    def __init__(self) -> None:
        super().__init__("The Api Method called is not implemented")


class HighVolume(ApiError):
    """A filter on a field that is not optimised, over too many records."""

    number = 51
    type_name = "HighVolumeException"


class NotFound(Exception):
    """No such address or document: a plain text, or a validation error by setting."""


NOT_FOUND_TEXT = "The resource you're looking for cannot be found"
UNKNOWN_ID_TEXT = "The document with the supplied id was not found for this endpoint."
