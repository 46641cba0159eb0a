"""The verbs of magics and CLI: one grammar, and a module for each noun.

:mod:`~modelop_jupyter.commands.grammar` says where to add a verb.
"""
