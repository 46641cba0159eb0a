"""Jobs: submit, stage, supervise, collect."""
