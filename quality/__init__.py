"""Gates between the stages: checks that can stop a run, and quarantine for the rows at fault."""
