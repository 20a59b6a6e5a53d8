"""Standardised records → candidate pairs → levels → weights, by specification and trained model."""
