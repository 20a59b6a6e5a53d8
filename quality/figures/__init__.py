"""Figures of every run beside those of the runs before it: what moved that nobody moved.

Flow: declared figures (`declared`) × tables of the warehouse → `measure` → judged against the last
published runs (`usual`, `history`) → `watch`: one row per figure, which the gates read as a batch.
A figure is a count, a share or a median: no value of a record is ever kept.
"""
