"""The Desk: a page for the people who decide, served beside the API."""
