"""The vendor APIs of the sandbox company over HTTP on loopback."""

from sandbox.server.process import Running, run, running

__all__ = ["Running", "run", "running"]
