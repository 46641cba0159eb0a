"""Jobs: submit, stage, supervise, resume, follow, clean up."""
