"""What customers are likely to do: purchase histories of the marts → tables in schema `scores`.

`stage` reads and writes; `bg_nbd` and `gamma_gamma` are the models, `fitting` their estimation,
`holdout` their test on the past, `customers` what they say of each customer. Times are in weeks
inside this package, dates and days at its edges.
"""
