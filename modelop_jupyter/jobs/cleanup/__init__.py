"""Remove jobs, and what killed submissions and removals left behind."""
