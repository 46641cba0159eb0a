"""One grammar, one verb per file: what a magic line and a shell line have in common."""
