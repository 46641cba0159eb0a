"""The REST layer: declares, validates, serves and documents resources, whatever they are about.

``resource`` has the classes that a resource is declared with, ``handler`` receives a request and
``dispatch`` answers it, ``validation`` checks it, ``openapi`` describes all resources.
"""
