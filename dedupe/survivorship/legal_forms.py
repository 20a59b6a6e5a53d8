"""The legal form that a firm's name states, as it is written in German commerce."""

from __future__ import annotations

from dedupe.standardise import companies

# The standardiser gives the folded key.
_WRITTEN = {
    "gmbh & co kg": "GmbH & Co. KG", "ag & co kg": "AG & Co. KG", "ug": "UG", "gmbh": "GmbH",
    "kgaa": "KGaA", "ag": "AG", "se": "SE", "ohg": "OHG", "kg": "KG", "gbr": "GbR", "ek": "e.K.",
    "eg": "eG", "ev": "e.V.", "ltd": "Ltd.", "einzelfirma": "Einzelfirma",
}  # fmt: skip


def legal_form(company_name: str) -> str | None:
    """As it is written in commerce."""
    return written(companies.company(company_name).legal_form)


def written(form: str | None) -> str | None:
    """A form as the standardiser gives it → in commerce; one that only it knows stays as it is."""
    return _WRITTEN.get(form, form) if form else None
