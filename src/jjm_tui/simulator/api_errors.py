"""The errors of the REST API, as Google's front ends word them."""

from __future__ import annotations

from typing import Any, Final

HTTP_WORDS: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

_STATUSES: Final = {
    400: ("FAILED_PRECONDITION", "Precondition check failed."),
    401: ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
    403: (
        "PERMISSION_DENIED",
        (
            "Method doesn't allow unregistered callers (callers without established identity). "
            "Please use API Key or other form of API consumer identity to call this API."
        ),
    ),
    404: ("NOT_FOUND", "Requested entity was not found."),
    429: ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    503: ("UNAVAILABLE", "The service is currently unavailable."),
    504: ("DEADLINE_EXCEEDED", "The deadline expired before the operation could complete."),
}


class ApiError(Exception):
    """A refusal of the simulated REST API: nothing was changed."""

    def __init__(
        self, code: int, status: str | None = None, message: str | None = None, reason: str | None = None
    ) -> None:
        usual = _STATUSES.get(code, ("INTERNAL", "Internal error encountered."))
        self.code = code
        self.status = status or usual[0]
        self.message = message or usual[1]
        self.reason = reason
        super().__init__(f"{code} {self.status}: {self.message}")

    def body(self) -> dict[str, Any]:
        """The JSON body of the HTTP answer."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.reason is not None:
            info = {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": self.reason,
                "domain": "googleapis.com",
            }
            error["details"] = [info]
        return {"error": error}


def not_found() -> ApiError:
    """404."""
    return ApiError(404)


def invalid(message: str = "Request contains an invalid argument.") -> ApiError:
    """400 for a bad argument."""
    return ApiError(400, "INVALID_ARGUMENT", message)


def wrong_state() -> ApiError:
    """400 for an operation that the session's state does not allow."""
    return ApiError(400)


def bad_key() -> ApiError:
    """400, as a wrong API key is answered."""
    return ApiError(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "API_KEY_INVALID")
