"""Golden customers → the systems that consume them: what differs, sent once, by golden id.

Flow: outbox of the published build (already filtered) × what each target holds (`ledger`) →
changes → a `Sink` → results per row → ledger. Connectors bring records in; these take them out.
"""
