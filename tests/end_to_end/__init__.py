"""The command on a whole company, as a user runs it."""
