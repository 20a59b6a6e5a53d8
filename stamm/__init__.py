"""Foundation of Stamm: what every stage stands on and nothing of what a stage does."""
