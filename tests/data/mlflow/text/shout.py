
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel
class C(PythonModel):
    def predict(self, context, model_input: list[str], params=None) -> list[str]:
        return [s.upper() for s in model_input]
set_model(C())
