"""What the steps of a run share is settled when it begins."""

from contextlib import closing
from types import SimpleNamespace

from orchestration.session import Pipeline
from serving.versions import DDL
from stamm.home import Home
from stamm.store import Store


def test_a_run_after_one_whose_clock_was_ahead_builds_after_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    (tmp_path / "stamm.yaml").write_text(
        "sources: {t: {system: database, url: 'sqlite:///t.db', tables: {t: {table: t, key: k}}}}"
    )
    with closing(Store.open(Home(tmp_path / "data").prepare().store)) as store:
        store.migrate("customer_versions", DDL)
        with store.transaction() as db:
            db.execute("insert into customer_versions values ('P1', '2999-01-01', null, '', '{}')")
    pipeline = Pipeline()
    with pipeline.yield_for_execution(SimpleNamespace(run=None)):
        assert pipeline.session.dbt_variables["build_at"] == "2999-01-01 00:00:01"
        assert pipeline.session.at.year < 2999
