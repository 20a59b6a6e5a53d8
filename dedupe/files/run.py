"""The whole of `stamm dedupe`: files → clusters, golden records, pairs, specification, report.

    from dedupe.files import Options, dedupe_files
    result = dedupe_files(["customers.csv"], Options(id_column="id"))

The truth, if there is one, is read apart and looked at after everything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedupe.files.copies import set_copies_aside, telling_columns
from dedupe.files.findings import Findings, find
from dedupe.files.golden import units, write_golden
from dedupe.files.loaded import RECORD, TABLE
from dedupe.files.outputs import (
    SPECIFICATION,
    check_output,
    json_text,
    output_folder,
    write_tables,
    write_texts,
)
from dedupe.files.own_specification import (
    OwnSpecification,
    check_roles,
    own_specification_text,
    read_own_specification,
    without_columns,
)
from dedupe.files.reading import Pool, read_files
from dedupe.measures.evaluate import Scores, scores
from dedupe.measures.expected import candidates as candidates_of
from stamm.duck import open_warehouse
from stamm.errors import InputError, UsageError

if TYPE_CHECKING:
    import duckdb

    from dedupe.discovery import Discovery
    from dedupe.files.linking import Linked


@dataclass(frozen=True)
class Options:
    """`mapped` is column → role; `out` None means `<first file's stem>-dedupe` where one stands."""

    id_column: str = ""
    truth_column: str = ""
    mapped: Mapping[str, str] = field(default_factory=dict)
    specification: Path | None = None
    out: Path | None = None


@dataclass(frozen=True)
class Result:
    """What was found, where it was written, and the scores if there was a truth."""

    out: Path
    findings: Findings
    scores: Scores | None

    def as_dict(self) -> dict[str, Any]:
        """The summary, with the scores if there are any, for JSON."""
        return {**self.findings.as_dict(), **_scores_dict(self.scores), "out": str(self.out)}


def dedupe_files(
    paths: Sequence[str | Path],
    options: Options | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Result:
    """Link the records of files; `tell` hears what is being done.

    Raises InputError or UsageError for what a person can mend; nothing is written then.
    """
    chosen = options or Options()
    files = [Path(path) for path in paths]
    if not files:
        raise UsageError("expected at least one file", hint="stamm dedupe customers.csv")
    own = _own_specification(chosen)
    out = chosen.out or Path(f"{files[0].stem}-dedupe")
    check_output(out, files)
    with (
        output_folder(out, kept=chosen.specification) as aside,
        open_warehouse(aside / "work.duckdb") as con,
    ):
        tell("reading files")
        pool = read_files(
            con, files, aside,
            id_column=chosen.id_column, truth_column=chosen.truth_column,
        )  # fmt: skip
        _check_truth(con, chosen.truth_column)
        discovery = _discover(con, pool, chosen, own)
        copies = set_copies_aside(con, telling_columns(discovery) or pool.columns)
        pool = replace(pool, remarks=(*pool.remarks, *copies))
        findings = _link_and_write(con, pool, discovery, chosen, own, aside, tell)
        tell("scoring against the truth" if chosen.truth_column else "done")
        measured = _score(con) if chosen.truth_column else None
    return Result(out, findings, measured)


def _check_truth(con: duckdb.DuckDBPyConnection, column: str) -> None:
    """Raise InputError if no record has a truth: scores of nothing would look perfect."""
    if column and not con.table("files.truth").limit(1).fetchall():
        raise InputError(
            f"--truth: expected a value in some row of {column!r}, found none",
            hint="Name the column that knows who is who, or leave out --truth.",
        )


def _own_specification(options: Options) -> OwnSpecification | None:
    """What --spec states, without the columns that --id and --truth take for themselves."""
    if options.specification is None:
        return None
    own = read_own_specification(options.specification)
    return without_columns(own, {options.id_column, options.truth_column})


def _discover(
    con: duckdb.DuckDBPyConnection, pool: Pool, options: Options, own: OwnSpecification | None
) -> Discovery:
    from dedupe.discovery import discover

    if own and options.specification:
        check_roles(own, pool.columns, options.specification.name)
    mapped: dict[str, Any] = {**(own.columns if own else {}), **options.mapped}
    return discover(con, TABLE, id_column=RECORD, mapped=mapped)


def _link_and_write(
    con: duckdb.DuckDBPyConnection,
    pool: Pool,
    discovery: Discovery,
    options: Options,
    own: OwnSpecification | None,
    aside: Path,
    tell: Callable[[str], None],
) -> Findings:
    from dedupe.discovery import write_match_input
    from dedupe.files.linking import link_records

    write_match_input(con, TABLE, discovery)
    own_file = options.specification.name if options.specification else ""
    linked = link_records(con, discovery, own or OwnSpecification(), own_file, aside, tell)
    tell("choosing golden values")
    write_golden(con, pool.columns, units(discovery))
    return _write(con, pool, discovery, linked, aside / "done", tell)


def _write(
    con: duckdb.DuckDBPyConnection,
    pool: Pool,
    discovery: Discovery,
    linked: Linked,
    folder: Path,
    tell: Callable[[str], None],
) -> Findings:
    from dedupe.report.page import report_page

    tell("writing results")
    candidates = {one.party_type: candidates_of(con, one.result.trained) for one in linked.types}
    findings = find(con, pool, discovery, linked, candidates)
    write_tables(con, folder, pool.files)
    roles = {one.column: one.role for one in findings.columns}
    specifications = {one.party_type: one.specification for one in linked.types}
    tell("writing the report")
    write_texts(folder, {
        SPECIFICATION: own_specification_text(roles, specifications),
        "report.html": report_page(con, pool, findings, linked, candidates),
        "summary.json": json_text(findings.as_dict()),
    })  # fmt: skip
    return findings


def _score(con: duckdb.DuckDBPyConnection) -> Scores:
    truth = dict(con.execute(f"select {RECORD}, entity from files.truth").fetchall())
    found = con.execute(
        f"select {RECORD}, cluster_id from files.clusters semi join files.truth using ({RECORD})"
    ).fetchall()
    return scores(dict(found), truth)


def _scores_dict(measured: Scores | None) -> dict[str, Any]:
    if measured is None:
        return {}
    named = {"pairwise": measured.pairwise, "cluster": measured.cluster, "b3": measured.b3}
    return {
        name: dict(zip(("precision", "recall", "f1"), measure, strict=True))
        for name, measure in named.items()
    }
