"""Standardise: each distinct value once, German spelling first, results kept between runs."""
