import a_library_that_nobody_has


# modelop.score
def score(record):
    return record
