"""Whole models as files: written for somebody else, and taken in again."""
