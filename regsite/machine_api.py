"""How other systems talk to the site: the settings of Django REST framework and of the API's description."""

from typing import Any

# Before the application whose screens take the place of what these bring along.
API_APPS = ["rest_framework", "rest_framework_api_key", "drf_spectacular", "drf_spectacular_sidecar"]

# Everything is named: what is not would be a log-in by password or a page to click through.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["registrations.api.authentication.ApiKeyAuthentication"],
    # A view that says nothing is open to nobody.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["registrations.api.parsers.ObjectParser"],
    "DEFAULT_THROTTLE_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "registrations.api.problems.answer",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "regsite",
    "DESCRIPTION": "Sign people up for webinars. Each gets a personal link by mail; no answer tells who was known before.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "DISABLE_ERRORS_AND_WARNINGS": False,
}
