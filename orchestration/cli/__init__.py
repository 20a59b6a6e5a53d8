"""The `stamm` command: one module per group of sub-commands, heavy packages imported inside."""
