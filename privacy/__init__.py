"""Where personal data live, and the search that proves the list is whole."""
