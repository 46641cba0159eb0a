"""The paths of the REST API and what their methods do, a module for each subject.

A new resource is declared in the module of its subject and listed in ``server/routes.py``.
"""
