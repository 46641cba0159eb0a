"""What makes jobs start and run faster, and could be left out.

``prefork`` starts supervisors and runners as forks of processes that have loaded what they need
(which processes these are is decided in ``fork_servers``); ``codec`` offers runners a fast JSON
library. The parts that run in the models' Pythons are in ``runner/accelerators/``.
``MODELOP_ACCELERATORS=off`` turns all of it off. docs/accelerators.md says why each is safe.
"""
