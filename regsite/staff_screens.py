"""How the staff screens look: the settings of their theme, django-unfold."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "regsite",
    "SITE_HEADER": "regsite",
    "SITE_URL": "/",
    "SITE_SYMBOL": "how_to_reg",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "registrations.admin.navigation.icon"}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "10px",
    "ENVIRONMENT": "registrations.admin.navigation.header_badge",
    "GLOBAL_CALLBACK": "registrations.admin.navigation.everywhere",
    "DASHBOARD_CALLBACK": "registrations.admin.dashboard.context",
    "SIDEBAR": {"navigation": "registrations.admin.navigation.sidebar"},
    "STYLES": ["registrations.admin.navigation.stylesheet"],
    "COLORS": {
        # Shades of the accent #2f5bea.
        "primary": {
            "50": "#eff3fe",
            "100": "#dfe7fd",
            "200": "#c3d0fb",
            "300": "#9bb0f8",
            "400": "#6b88f2",
            "500": "#5f80f2",
            "600": "#2f5bea",
            "700": "#2447c4",
            "800": "#213c9d",
            "900": "#1f357c",
            "950": "#16224b",
        }
    },
}
