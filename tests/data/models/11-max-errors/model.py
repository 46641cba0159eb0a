# modelop.score
def score(record):
    return 1 / record
