"""Which package brings a module: what is built says it surely, this kernel probably, a table else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import packages_distributions
from itertools import chain

from modelop_jupyter.domain.requirements import RequirementLine, normalise

# Distributions whose import goes by another name.
_OTHER_NAMES = {
    "attr": ("attrs",),
    "bs4": ("beautifulsoup4",),
    "Crypto": ("pycryptodome",),
    "cv2": ("opencv-python", "opencv-python-headless"),
    "dateutil": ("python-dateutil",),
    "docx": ("python-docx",),
    "dotenv": ("python-dotenv",),
    "faiss": ("faiss-cpu",),
    "fitz": ("pymupdf",),
    "git": ("gitpython",),
    "imblearn": ("imbalanced-learn",),
    "jose": ("python-jose",),
    "jwt": ("pyjwt",),
    "Levenshtein": ("levenshtein", "python-levenshtein"),
    "magic": ("python-magic",),
    "mpl_toolkits": ("matplotlib",),
    "MySQLdb": ("mysqlclient",),
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow",),
    "pkg_resources": ("setuptools",),
    "psycopg2": ("psycopg2-binary", "psycopg2"),
    "serial": ("pyserial",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "skopt": ("scikit-optimize",),
    "socks": ("pysocks",),
    "umap": ("umap-learn",),
    "usb": ("pyusb",),
    "yaml": ("pyyaml",),
    "zmq": ("pyzmq",),
}
# What models ask for most: a mistyped name is likely one of these.
_OFTEN = (
    "numpy pandas scipy scikit-learn joblib xgboost lightgbm catboost statsmodels matplotlib seaborn"
    " plotly requests torch torchvision tensorflow keras transformers nltk spacy gensim shap lime"
    " fairlearn aequitas evidently mlflow dask polars pyarrow fastavro sqlalchemy pydantic boto3"
    " cloudpickle dill tqdm pytest jsonschema openpyxl category-encoders imbalanced-learn pyspark"
).split()


@dataclass(frozen=True)
class Providers:
    """``built`` are the modules of the model's environment, None while there is none."""

    built: Mapping[str, Sequence[str]] | None = None

    @cached_property
    def beside(self) -> Mapping[str, Sequence[str]]:
        """The packages of this process's own Python by module; it takes up to a second to know."""
        return packages_distributions()

    def of(self, module: str) -> tuple[str, ...]:
        """Return the normalised packages that may bring a module, the likeliest first."""
        named = [*(self.built or {}).get(module, ()), *_OTHER_NAMES.get(module, ())]
        names = (normalise(name) for name in (*named, *self.beside.get(module, ()), module))
        return tuple(dict.fromkeys(names))

    def provider(self, module: str, required: Sequence[str], locked: set[str]) -> str | None:
        """Return the package that brings a module: one that is asked for before one that came along."""
        if self.built is not None:
            bringing = self.built.get(module, ())
            return next((name for name in required if name in bringing), next(iter(bringing), None))
        asked = {*required, *locked}
        at_once = (*_OTHER_NAMES.get(module, ()), normalise(module))
        found = next((name for name in at_once if name in asked), None)
        return found or next((name for name in self.of(module) if name in asked), None)

    def real_name(self, line: RequirementLine) -> str | None:
        """Return the package that is meant by a line that names its module, None for any other line."""
        meant = _MODULES.get(line.name or "")
        if meant is None or line.url:
            return None
        brought = {name for names in (self.built or {}).values() for name in names}
        # A package of that name that brings something is what was asked for.
        return None if line.name in brought else meant

    @cached_property
    def known(self) -> frozenset[str]:
        """Names that packages certainly have, to compare a mistyped one with."""
        names = {normalise(name) for found in self.beside.values() for name in found}
        return frozenset({*names, *_OFTEN, *chain(*_OTHER_NAMES.values())})


def _mistaken() -> Iterator[tuple[str, str]]:
    for module, packages in _OTHER_NAMES.items():
        if normalise(module) not in packages:
            yield normalise(module), packages[0]


_MODULES = dict(_mistaken())
