"""The trained model as state: what a run links by until there is a reason to train anew.

A model is m, u and prior (`dedupe.trained`), how common each value is, and for people the words
that are given or family names. Linking reads nothing else of the records it was trained on, so
records linked one by one and records linked together get the same weights. It lives in the data
folder beside the operational store: a rebuild of the warehouse uses it, too.

Flow: trained tables in `link` → files in a folder (`keep`), and back (`restore`). The rarest values
are not kept: they all weigh the same, and a row without value says how much. Only whole names are
kept all: what their parts are corrected by differs from name to name, and is nothing for a new one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dedupe.linking.blocking import LISTS
from dedupe.specification import Specification
from dedupe.standardise.records import CONTEXT
from dedupe.standardise.values import version
from dedupe.trained import Trained, load, save

if TYPE_CHECKING:
    import duckdb

# Beyond these shares of the records it was trained on, a model is of another table.
FEWEST, MOST = 0.5, 1.5


@dataclass(frozen=True)
class Model:
    """A kept model; `standardiser` is the version of the parsers that its values come from."""

    trained: Trained
    standardiser: str
    digest: str


def keep(con: duckdb.DuckDBPyConnection, trained: Trained, folder: Path) -> Model:
    """Write the model that lies in `link`; the last file written makes it the one that counts."""
    party_type = trained.specification.party_type
    digest = _digest(trained)
    folder.mkdir(parents=True, exist_ok=True)
    for column in frequency_columns(trained):
        table, name = f"link.{party_type}_frequency_{column}", f"frequency_{column}"
        rows = _frequencies_sql(table, whole=column in _correcting(trained))
        _write(con, rows, _file(folder, party_type, digest, name))
    if party_type == "person":
        rows = f"select * from {CONTEXT} order by all"
        _write(con, rows, _file(folder, party_type, digest, "context"))
    described = {"standardiser": version(), "digest": digest}
    _description(folder, party_type).write_text(json.dumps(described), encoding="utf-8")
    save(trained, folder)
    _forget_others(folder, party_type, digest)
    return Model(trained, version(), digest)


def find(folder: Path, party_type: str) -> Model | None:
    """The model that was kept last; None where there is none, or where a kill left half of one."""
    description = _description(folder, party_type)
    if not description.exists() or not (folder / f"{party_type}.trained.json").exists():
        return None
    described = json.loads(description.read_text(encoding="utf-8"))
    trained = load(folder, party_type)
    if described["digest"] != _digest(trained):
        return None
    return Model(trained, described["standardiser"], described["digest"])


def adopt(folder: Path, model: Model, specification: Specification) -> Model:
    """The same numbers under a specification that differs in nothing that is trained."""
    if model.trained.specification == specification:
        return model
    trained = replace(model.trained, specification=specification)
    save(trained, folder)
    return replace(model, trained=trained)


def reason_to_train(model: Model | None, specification: Specification, records: int) -> str:
    """Why this model will not do for so many records; empty if it does."""
    if model is None:
        return "there is no model yet"
    if _trainable(model.trained.specification) != _trainable(specification):
        return "the specification changed"
    if model.standardiser != version():
        return "the standardiser changed"
    trained_on = max(model.trained.records, 1)
    if not FEWEST <= records / trained_on <= MOST and records != model.trained.records:
        return f"{records} records, it was trained on {model.trained.records}"
    return ""


def restore_context(con: duckdb.DuckDBPyConnection, folder: Path, model: Model) -> None:
    """`link.person_context` as it was when the model was trained."""
    party_type = model.trained.specification.party_type
    if party_type == "person":
        file = _file(folder, party_type, model.digest, "context")
        con.execute(f"create or replace table {CONTEXT} as from read_parquet('{file}')")


def restore_frequencies(con: duckdb.DuckDBPyConnection, folder: Path, model: Model) -> None:
    """`link.<party_type>_frequency_<column>` as trained; `weigh_new_values` adds what is new."""
    party_type = model.trained.specification.party_type
    for column in frequency_columns(model.trained):
        file = _file(folder, party_type, model.digest, f"frequency_{column}")
        con.execute(
            f"create or replace table link.{party_type}_frequency_{column} as"
            f" select value, bits from read_parquet('{file}') where value is not null"
        )
    weigh_new_values(con, folder, model, f"link.{party_type}_records")


def weigh_new_values(
    con: duckdb.DuckDBPyConnection, folder: Path, model: Model, records: str
) -> None:
    """Values that came with these records: as common as the model says, else as one holder's."""
    party_type = model.trained.specification.party_type
    for column in frequency_columns(model.trained):
        file = _file(folder, party_type, model.digest, f"frequency_{column}")
        table = f"link.{party_type}_frequency_{column}"
        value = f"unnest({column})" if column in LISTS else column
        con.execute(
            f"insert into {table} select given.value, coalesce(trained.bits, (select min(bits)"
            f" from read_parquet('{file}') where value is null)) as bits"
            f" from (select distinct {value} as value from {records}) as given"
            f" left join read_parquet('{file}') as trained on trained.value = given.value"
            f" where given.value is not null and not exists (select 1 from {table} as known"
            " where known.value = given.value) order by given.value"
        )


def frequency_columns(trained: Trained) -> list[str]:
    """The columns whose values have frequencies of their own, each once."""
    levels = [level for comparison in trained.specification.comparisons
              for level in comparison.levels]  # fmt: skip
    return list(dict.fromkeys(level.term_frequency for level in levels if level.term_frequency))


def _correcting(trained: Trained) -> set[str]:
    """Columns whose bits correct those of others, up or down."""
    return {c.levels[0].term_frequency
            for c in trained.specification.comparisons if c.corrects}  # fmt: skip


def _frequencies_sql(table: str, *, whole: bool) -> str:
    if whole:
        return (
            f"select value, bits from {table} union all select null, 0 order by value nulls first"
        )
    rarest = f"(select coalesce(min(bits), 0) from {table})"
    return (
        f"select value, bits from {table} where bits > {rarest}"
        f" union all select null, {rarest} order by value nulls first"
    )


def _write(con: duckdb.DuckDBPyConnection, sql: str, file: Path) -> None:
    aside = file.with_suffix(".part")
    con.execute(f"copy ({sql}) to '{aside}' (format parquet)")
    aside.replace(file)


def _file(folder: Path, party_type: str, digest: str, name: str) -> Path:
    return folder / f"{party_type}.{digest}.{name}.parquet"


def _description(folder: Path, party_type: str) -> Path:
    return folder / f"{party_type}.model.json"


def _forget_others(folder: Path, party_type: str, digest: str) -> None:
    for file in folder.glob(f"{party_type}.*.parquet"):
        if not file.name.startswith(f"{party_type}.{digest}."):
            file.unlink()


def _digest(trained: Trained) -> str:
    """Of the numbers and what was trained, not of thresholds."""
    numbers = (trained.m, trained.u, trained.v, trained.match_share, trained.alternative_share,
               trained.records, _trainable(trained.specification))  # fmt: skip
    return hashlib.blake2b(repr(numbers).encode(), digest_size=6).hexdigest()


def _trainable(specification: Specification) -> Any:
    """What training reads: not what is done with its numbers, and no words about their origin."""
    left_out = {"thresholds", "supervised"}
    return _without_origins(specification.model_dump(mode="json", exclude=left_out))


def _without_origins(content: Any) -> Any:
    if isinstance(content, dict):
        return {k: _without_origins(v) for k, v in content.items() if k != "origin"}
    return [_without_origins(one) for one in content] if isinstance(content, list) else content
