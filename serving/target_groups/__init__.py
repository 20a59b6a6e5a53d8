"""Target groups: conditions held against the contracts, counts kept over builds, lists exported.

Flow: `stamm.yaml` → `conditions` → variables of dbt → marts `target_group*` → `history`, `export`.
"""
