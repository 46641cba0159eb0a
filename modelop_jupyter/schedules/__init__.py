"""Have cron or systemd run job commands at certain times."""
