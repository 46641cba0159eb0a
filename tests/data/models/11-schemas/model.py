# modelop.schema.0: input_schema.avsc
# modelop.schema.1: output_schema.avsc


# modelop.score
def score(record):
    if record["x"] > 100:
        yield {"y": "out of bounds"}
    else:
        yield {"y": record["x"] / 2}
