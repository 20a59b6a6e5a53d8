"""Where the stages meet: Dagster definitions and the `stamm` command. Nothing imports it."""
