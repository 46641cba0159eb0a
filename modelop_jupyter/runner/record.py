"""A record as it is told to the host when something is wrong with it."""


class Record:
    """``index``, ``raw`` as it stood in its file, and where: ``input`` is [offset, length] in the unzipped
    input (None where it is not of one place), ``output`` [start, end] of what it wrote.
    """

    def __init__(self, index, raw, input=None, output=None):
        self.index, self.raw, self.input, self.output = index, raw, input, output
