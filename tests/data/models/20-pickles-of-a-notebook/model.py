import pickle


class Scaler:
    def __call__(self, x):
        return self.by * x


def load(x):
    return x + 1


# modelop.init
def init():
    global scaler, function
    with open("model.pkl", "rb") as file:
        scaler, function = pickle.load(file)


# modelop.score
def score(record):
    return function(scaler(record))
