"""Explain why uv or pip failed: rules for their output."""
