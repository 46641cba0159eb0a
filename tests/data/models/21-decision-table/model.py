# modelop.metrics
def metrics(frame):
    return {"auc": float(frame["auc"].mean()), "rows": len(frame)}
