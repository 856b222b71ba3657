"""Judges the submissions of a class: jobs, the processes and machines that do them, and the journal of verdicts."""
