# modelop.recordsets.0: true
# modelop.recordsets.1: true


# modelop.score
def score(frame):
    frame["sum"] = frame.a + frame.b
    frame["ratio"] = frame.a / frame.b
    yield frame
