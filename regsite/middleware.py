"""What the site adds to every answer."""

from collections.abc import Callable

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

# The staff screens run on Alpine, which evaluates expressions and sets styles (unfold issues 1344, 1535, 2129).
_STAFF_POLICY = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "object-src": [NONE],
}


class StaffContentPolicy:
    """Relaxes the content security policy below /admin/ and nowhere else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.prefix = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(self.prefix):
            response._csp_replace = _STAFF_POLICY  # type: ignore[attr-defined]
        return response
