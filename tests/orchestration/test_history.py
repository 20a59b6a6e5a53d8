"""What Dagster keeps of a run and its pages show: no secret of a source, however that ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.test_secrets import PLANTED, Hostile, served

SETTINGS = """
sources:
  erp:
    system: s4
    url: {url}
    username: robot@example.org
    password: ${{ERP_PASSWORD}}
    insecure: true
    patience: 0
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["401", "400"])
def test_a_source_that_echoes_its_password_leaves_it_in_no_event_and_no_file(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from dagster import DagsterInstance, RetryPolicy, materialize

    from orchestration.assets import streams
    from orchestration.project import open_project
    from orchestration.session import Pipeline, raised

    hostile = Hostile(way)
    server = served(hostile)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    (tmp_path / "stamm.yaml").write_text(SETTINGS.format(url=url), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STAMM_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ERP_PASSWORD", PLANTED)
    monkeypatch.setattr(streams, "_RETRY", RetryPolicy(max_retries=0))
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        outcome = materialize(
            streams.stream_assets(open_project()), resources={"pipeline": Pipeline()},
            instance=instance, raise_on_error=False,
        )  # fmt: skip
        events = instance.all_logs(outcome.run_id)
    server.shutdown()
    server.server_close()
    assert not outcome.success
    assert f"HTTP {way}" in str(raised.pop("extract erp"))
    assert any(PLANTED in text or "Authorization: Basic" in text for text in hostile.heard)
    told = "".join(map(str, events))
    assert f"HTTP {way}" in told
    secrets = (PLANTED, _basic())
    assert not any(secret in told for secret in secrets)
    for file in tmp_path.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert not any(secret.encode() in content for secret in secrets), file


def _basic() -> str:
    import base64

    return base64.b64encode(f"robot@example.org:{PLANTED}".encode()).decode()
