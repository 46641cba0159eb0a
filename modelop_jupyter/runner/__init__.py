"""Hold the one script that runs models; it is executed by their interpreters, never imported."""
