"""The way out: published builds, the change feed, and what the marts need from the store."""
