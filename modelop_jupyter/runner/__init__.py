"""The script that runs models; their interpreters execute it, and nothing imports it."""
