"""Lock requirements: read a request, resolve it, write and read its lock, cache locks."""
