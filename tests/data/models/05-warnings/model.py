import warnings

warnings.warn("said while loading")


# modelop.init
def init():
    warnings.warn("said in init")


# modelop.score
def score(record):
    warnings.warn("old", DeprecationWarning)
    if record == 2:
        warnings.warn("out of range")
    yield record
