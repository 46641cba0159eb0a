"""Rows of a database's query as records: any database that SQLAlchemy knows.

``address`` reads what a user writes, ``connect`` opens the database so that nothing can be written,
``rows`` reads and converts, ``cut`` parts a query by ranges of its key.
"""
