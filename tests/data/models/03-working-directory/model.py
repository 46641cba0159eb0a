import os


# modelop.init
def init():
    with open("weights/factor.txt") as file:
        global factor
        factor = float(file.read())
    os.remove("weights/factor.txt")  # the stored asset must not mind


# modelop.score
def score(record):
    yield {"y": record["x"] * factor, "outputDir": os.path.isdir("outputDir")}
