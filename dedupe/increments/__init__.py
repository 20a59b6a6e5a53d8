"""Linking what changed: the tables of an increment equal those of a rebuild.

`state` says whether the tables in the warehouse can be continued, `inputs` which records changed,
`blocks` which pairs that makes and takes, `relink` does it for one party type, `dirty` says which
clusters it can touch.
"""
