"""What makes jobs faster and could be left out; docs/accelerators.md says why each is safe."""
