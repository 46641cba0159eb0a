"""Read a model: its source, tags, schemas, environment, and its documents in ModelOp's JSON."""
