"""Training without labels: u by chance, m by expectation and maximisation, prior by coverage."""
