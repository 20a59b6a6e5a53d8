"""How good linkage is: estimated from the model, measured on truth or judgements."""
