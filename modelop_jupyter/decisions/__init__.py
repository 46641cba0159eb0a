"""Judge a metrics result by DMN decision tables (spec 3.6) and by the ``--expect`` rules of a job.

The FEEL and DMN libraries were weighed: pyDMNrules and pySFeel are GPL, SpiffWorkflow is
LGPL and brings a workflow engine and lxml, bkflow-feel has no unary tests and pins pytz below 2024;
and none knows the JUEL of ModelOp's standard table.

The two languages have an evaluator each, as they differ in what a missing value means: in FEEL it
makes a part of an expression null, and ``null or true`` is true; in an expectation it fails the
whole rule, which then says which metric is absent. They also differ in equality (``1 == true``
holds for an expectation only), in the grammar of literals and in chained comparisons.
"""
