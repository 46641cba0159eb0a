def begin():
    global offset
    offset = 10


def action(record):
    yield record + offset
