"""Tests mirror the tree; this package also holds two small commands that CI calls."""
