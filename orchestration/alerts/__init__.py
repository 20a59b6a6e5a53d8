"""Who is told when a run breaks: what is an alert, where it waits, how it leaves."""
