# modelop.init
def init():
    raise KeyError()


# modelop.score
def score(record):
    return record
