"""Gate results and figures of the last runs → one HTML page that works offline."""
