"""The assets, one module per stage, in the order the data flow."""
