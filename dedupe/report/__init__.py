"""One HTML file that shows what linking found: opens anywhere, needs no network."""
