"""The Jupyter server extension: the workspace's verbs as resources for JupyterLab's sidebar.

``declarations`` says what a resource is and ``resources/`` holds one file for each; ``handler``,
``answering`` and ``checking`` serve them all alike; ``openapi`` describes them.
"""
