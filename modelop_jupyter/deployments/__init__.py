"""Deployments: a snapshot that answers requests, in its own environment."""
