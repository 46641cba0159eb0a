"""Thresholds of a model: DMN decision tables that judge a metrics result (spec 3.6).

The FEEL and DMN libraries were weighed: pyDMNrules and pySFeel are GPL, SpiffWorkflow is
LGPL and brings a workflow engine and lxml, bkflow-feel has no unary tests and pins pytz below 2024;
and none knows the JUEL of ModelOp's standard table.
"""

from modelop_jupyter.thresholds.judging import judge

__all__ = ["judge"]
