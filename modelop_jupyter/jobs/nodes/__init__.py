"""Run a job's chunks as tasks of an engine: what is sent, what a node does, and who puts it together."""
