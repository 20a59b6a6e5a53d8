"""Any files → one table, linked, clustered and written out: `stamm dedupe`, and for notebooks."""

from dedupe.files.run import Options, Result, dedupe_files

__all__ = ["Options", "Result", "dedupe_files"]
