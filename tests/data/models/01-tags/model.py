#ModelOp.Score

# any comment may stand between the tag and its function


def other_name(
    record,
):
    """The function under the tag counts, whatever it is called."""
    return {"scored": record["x"]}


def action(record):
    raise RuntimeError("this is only the score function of a source without tags")
