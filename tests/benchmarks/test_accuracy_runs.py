"""The accuracy benchmark's ways through the engine, on tables that take seconds."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.accuracy_errors import historical_table
from benchmarks.accuracy_public import DataSet, febrl, ours, splink
from benchmarks.accuracy_sandbox import measure
from tests.dedupe.small_company import people


def small_table() -> pa.Table:
    """Sixty people, two records each, with the columns that historical_50k calls its own."""
    columns = ("record_id", "given_name", "family_name", "street", "postcode", "city")
    rows = [{name: row[name] for name in columns} | {"born": row["birth_date"]} for row in people()]
    table = pa.Table.from_pylist(rows).rename_columns(["unique_id", *columns[1:], "born"])
    entities = [row["record_id"].partition("@")[0] for row in rows]
    return table.append_column("cluster", pa.array(entities))


@pytest.mark.slow
def test_a_file_is_linked_without_its_ids_and_truth_and_its_errors_are_those_of_the_run(tmp_path):
    table = small_table()
    line = ours(DataSet("small", [table], "unique_id", "cluster"))
    assert (line.data, line.engine, line.records) == ("small", "stamm", table.num_rows)
    pq.write_table(table, tmp_path / "small.parquet")
    errors = historical_table(tmp_path / "small.parquet")
    p, r, f1 = (f"{100 * value:.1f}" for value in line.pairwise)
    assert f"P {p}, R {r}, F1 {f1};" in errors.note
    assert (errors.rows[-1][0], sum(errors.rows[-1][1:-1]) == 0) == ("all", f1 == "100.0")


@pytest.mark.slow
def test_splinks_tutorial_model_gets_its_known_figure_on_febrl_3():
    pytest.importorskip("splink")
    assert splink(febrl(3)).cluster[2] == pytest.approx(0.995, abs=0.002)


@pytest.mark.slow
def test_a_small_sandbox_is_measured_beside_its_oracle(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.accuracy_sandbox.SPLINK_UP_TO", 0)
    people_line, firms, ties = measure(tmp_path, 1_000, seed=1)
    assert [line.who for line in (people_line, firms, ties)] == [
        "people", "firms", "contact → firm",
    ]  # fmt: skip
    assert people_line.records + firms.records == 1_000
    assert all(0.9 < line.ratio < 1.1 for line in (people_line, firms, ties))
