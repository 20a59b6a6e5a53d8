"""`python -m sandbox.server FOLDER [--port N] [--with-parent]`."""

import argparse
from pathlib import Path

from sandbox.server.process import run, run_with_parent

parser = argparse.ArgumentParser(description="Serve the sandbox company on loopback.")
parser.add_argument("folder", type=Path)
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--with-parent", action="store_true", help="end when standard input closes")
asked = parser.parse_args()
(run_with_parent if asked.with_parent else run)(asked.folder, asked.port)
