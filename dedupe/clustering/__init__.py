"""Scored pairs → clusters of records held to be one party."""
