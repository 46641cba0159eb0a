"""The Jupyter Server extension: a REST API and change events for JupyterLab's sidebar.

``routes`` lists every resource, ``resources/`` declares their paths and what they do, ``rest/``
validates, serves and documents any resource. ``changes/`` notices changes in the home folder,
whichever process makes them. ``extension`` connects them to Jupyter Server, ``context`` is what all
requests share.
"""
