"""Watch a running job: its progress, console and log."""
