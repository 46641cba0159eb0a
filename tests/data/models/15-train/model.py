import pickle


# modelop.train
def train(frame):
    with open("outputDir/mean.pkl", "wb") as file:
        pickle.dump(float(frame["x"].mean()), file)
