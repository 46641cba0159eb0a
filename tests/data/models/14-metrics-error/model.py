# modelop.metrics
def metrics(frame):
    return {"auc": frame["no_such_column"].mean()}
