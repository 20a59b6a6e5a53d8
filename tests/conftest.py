"""What all tests share."""

# These need every stage; they are collected as soon as golden, gates and marts are in the tree.
collect_ignore = ["end_to_end", "orchestration"]
