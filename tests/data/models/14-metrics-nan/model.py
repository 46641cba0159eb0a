# modelop.metrics
def metrics(frame):
    return [{"std": frame["x"].std()}]
