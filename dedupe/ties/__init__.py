"""What parties are to each other: contacts of firms, branches of parents, people of a household."""
