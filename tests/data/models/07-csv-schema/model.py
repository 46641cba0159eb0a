# modelop.schema.0: input_schema.avsc
# modelop.slot.1: in-use


# modelop.score
def score(row):
    return row
