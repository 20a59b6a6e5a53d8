"""Pages out of templates: everything is escaped, nothing is loaded from elsewhere.

In: a visit, the name of a template, what it shows. Out: an HTML answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dedupe.report.wording import signed_bits
from serving.desk.asking import Asked, Visit
from serving.desk.texts import named

FOLDER = Path(__file__).parent
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


def page(visit: Visit, template: str, status: int = 200, **shown: Any) -> Response:
    """The template with what every page has, and what this one shows."""
    text = _templates().get_template(f"{template}.html.jinja")
    session = visit.session if isinstance(visit, Asked) else None
    every = {
        "say": visit.say,
        "named": partial(named, visit.language),
        "language": visit.language,
        "csrf": visit.csrf,
        "user": session.user if session else None,
        "path": visit.request.url.path,
        "dagster_url": visit.desk.dagster_url,
        "money": _money(visit.language),
        "count": _count(visit.language),
    }
    return HTMLResponse(text.render(every | shown), status)


def redirect(path: str) -> Response:
    """Go on there, with GET."""
    return RedirectResponse(path, 303)


@cache
def _templates() -> Environment:
    found = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["day"] = _day
    found.filters["moment"] = _moment
    found.filters["bits"] = signed_bits
    return found


def _day(value: object) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else str(value or "–")[:10]


def _moment(value: datetime | str | None) -> str:
    """In UTC, to the minute."""
    if value is None:
        return "–"
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{found.astimezone(UTC) if found.tzinfo else found:%Y-%m-%d %H:%M}"


def _count(language: str) -> Any:
    def count(value: Any) -> str:
        if value is None:
            return "–"
        text = f"{value:,}"
        return text.replace(",", ".") if language == "de" else text

    return count


def _money(language: str) -> Any:
    def money(value: Any) -> str:
        text = f"{value or 0:,.2f}"
        if language == "de":
            text = text.replace(",", " ").replace(".", ",").replace(" ", ".")
        return f"{text} €"

    return money
