"""uv and pip: resolve requirements to a lock, and install a lock into an environment."""
