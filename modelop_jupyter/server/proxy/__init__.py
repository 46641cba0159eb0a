"""Deployments below this server's own address: whoever is logged in needs no port.

``exchange`` sends one request on, ``headers`` says what of it, and ``handler`` asks first who it is.
``page`` is what a browser shows.
"""
