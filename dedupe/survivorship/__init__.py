"""Which value wins: rules in `rules.yml`, run as SQL, with the lineage of each golden cell."""
