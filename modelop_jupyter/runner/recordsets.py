"""Record sets: a whole input in one call (spec 2.1)."""

from .errors import JobError


def import_pandas(why):
    try:
        import pandas
    except ImportError as error:
        remedy = "add pandas to the model's requirements"
        raise JobError("read", "%s, and pandas cannot be imported (%s): %s" % (why, error, remedy))
    return pandas


def record_set(pandas, values):
    """Records become a DataFrame, arrays a numpy matrix, anything else a Series (spec 2.1)."""
    if all(type(value) is dict for value in values):
        return pandas.DataFrame(values)
    if all(type(value) is list for value in values) and len({len(value) for value in values}) == 1:
        import numpy

        return numpy.array(values)
    return pandas.Series(values)
