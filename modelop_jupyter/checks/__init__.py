"""Check a model before it is handed over: a sample scored several times, in its own environment."""
