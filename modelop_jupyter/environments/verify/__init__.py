"""Check what an environment holds, after its build and later."""
