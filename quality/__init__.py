"""Gates between the stages: expectations in code, results in the store, bad rows in quarantine."""
