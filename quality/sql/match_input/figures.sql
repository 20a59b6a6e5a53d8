-- One row per figure and source: how far it is beyond what it may move, in the column of its kind.
select * from watched_figures order by subject
