import json


# modelop.init
def init(job_json):
    global parameters
    print(sorted(job_json))
    parameters = json.loads(job_json["rawJson"])["jobParameters"]
    assert job_json["job"]["jobParameters"] == parameters


# modelop.score
def score(record):
    return {"threshold": parameters["threshold"], "name": parameters["name"]}
