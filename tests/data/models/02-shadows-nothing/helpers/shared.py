NAME = "beside the source"
