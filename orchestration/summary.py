"""What a run tells at its end: figures from the store and the published build."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orchestration.cli.output import say, table

if TYPE_CHECKING:
    from orchestration.project import Project

_COUNTS = """
select
  (select count(*) from golden_parties) as parties,
  (select count(*) from golden_parties where party_type = 'person') as people,
  (select count(*) from golden_parties where party_type = 'organisation') as organisations,
  (select count(*) from xref_parties) as records,
  (select count(*) from customer_360) as customers
"""


def summarise(project: Project, run_id: str) -> dict[str, Any]:
    """The summary of a finished run as plain data."""
    from orchestration.evaluation import evaluate
    from orchestration.runs import RunLog
    from serving.publish import current_build, open_published

    store = project.open_store()
    try:
        stages = RunLog(store).stages(run_id)
        build = current_build(project.home.published)
        with open_published(project.home.published, project.home.store) as con:
            relation = con.sql(_COUNTS)
            counts = dict(zip(relation.columns, relation.fetchall()[0], strict=True))
            crosswalk = con.sql("select record_id, party_id from xref_parties").fetchall()
            scores = evaluate(project, store, dict(crosswalk))
    finally:
        store.close()
    return {
        "run_id": run_id,
        "sources": sources_of(stages),
        "changed": "publish" in stages,
        "counts": {**counts, "merged": counts["records"] - counts["parties"]},
        "linked": _linked(stages),
        "quarantined": sum(c.get("quarantined", 0) for _, c in stages.values()),
        "set_aside": stages["prepare"][1] if "prepare" in stages else {},
        "checks": {
            "passed": sum(c.get("passed", 0) for _, c in stages.values()),
            "failed": sum(c.get("failed", 0) for _, c in stages.values()),
            "warnings": [text for _, c in stages.values() for text in c.get("warnings", [])],
        },
        "sinks": [
            {"sink": name.removeprefix("push "), **figures}
            for name, (_, figures) in stages.items()
            if name.startswith("push ")
        ],
        "stages": {name: round(seconds, 2) for name, (seconds, _) in stages.items()},
        "scores": scores,
        "build": build.build_id if build else None,
        "file": str(project.home.published / "current" / "stamm.duckdb"),
        "quality_report": str(project.home.quality_report),
    }


def _linked(stages: dict[str, tuple[float, dict[str, Any]]]) -> dict[str, int]:
    """How many records were linked anew, and how many models were trained for it."""
    counts = stages["golden"][1] if "golden" in stages else {}
    return {name: counts.get(name, 0) for name in ("records_linked", "models_trained")}


def sources_of(stages: dict[str, tuple[float, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {
            "source": name.removeprefix("extract "),
            "streams": len(counts),
            "landed": sum(c["landed"] for c in counts.values()),
            "deleted": sum(c["deleted"] for c in counts.values()),
            "quarantined": sum(c["rejected"] for c in counts.values()),
            "drift": {stream: c["drift"] for stream, c in counts.items() if c["drift"]},
            "unsure": {stream: c["unsure"] for stream, c in counts.items() if c["unsure"]},
            "seconds": round(seconds, 1),
        }
        for name, (seconds, counts) in stages.items()
        if name.startswith("extract ")
    ]


def remarks(row: dict[str, Any]) -> Iterator[str]:
    """What is to be told of a source's streams, each with the stream's name."""
    for stream, drift in row["drift"].items():
        more = f" and {len(drift) - 3} more" if len(drift) > 3 else ""
        told = ", ".join(drift[:3])
        yield f"{stream} is not as declared: {told}{more} · stamm schema diff"
    for stream, number in row["unsure"].items():
        yield (
            f"{stream}: {number:,} landed records were not met and are kept: the source counts "
            "them, or one that was rejected without a key may be any of them"
        )


def show(summary: dict[str, Any]) -> None:
    """The same for a person."""
    columns = ("source", "streams", "landed", "deleted", "quarantined", "seconds")
    table(columns, [[row[c] for c in columns] for row in summary["sources"]])
    for row in summary["sources"]:
        for remark in remarks(row):
            say(f"  {row['source']}.{remark}")
    say()
    table(("stage", "seconds"), list(summary["stages"].items()))
    say()
    if summary["scores"]:
        table(
            ("against the truth", "precision", "recall", "F1"),
            [(kind, *figures) for kind, figures in summary["scores"].items()],
        )
        say()
    counts, checks = summary["counts"], summary["checks"]
    say(
        f"{counts['customers']:,} customers · {counts['parties']:,} golden parties "
        f"({counts['people']:,} people, {counts['organisations']:,} firms) from "
        f"{counts['records']:,} records, {counts['merged']:,} merged"
    )
    if summary["changed"]:
        linked = summary["linked"]
        trained = ", by weights learnt anew" if linked["models_trained"] else ""
        say(f"{linked['records_linked']:,} records linked in this run{trained}")
        aside = ", ".join(f"{n:,} {_named(why)}" for why, n in summary["set_aside"].items())
        say(f"{summary['quarantined']:,} rows in quarantine · set aside: {aside or 'none'}")
        say(
            f"{checks['passed']} checks passed, {checks['failed']} warned · "
            f"build {summary['build']}"
        )
        for warning in checks["warnings"]:
            say(f"  warning: {warning}")
        for row in summary["sinks"]:
            say(
                f"{row['sink']}: {row['sent']:,} changes sent, {row['refused']:,} refused, "
                f"{row['waiting']:,} waiting · stamm push --log"
            )
    else:
        say(f"Nothing changed; build {summary['build']} stands.")
    say('Open it: stamm query "show tables" · ' + summary["file"])
    say("Data quality: " + summary["quality_report"])


def _named(reason: str) -> str:
    return reason.replace("_", " ")
