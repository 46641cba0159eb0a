"""Disk usage, and the removal of environments and leftovers."""
