"""The values that all rooms share: frozen dataclasses and pure functions on them.

Only the standard library and packaging are imported here.
"""
