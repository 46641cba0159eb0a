"""Which package provides a module: an environment that is built knows, this Python and a table guess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from modelop_jupyter.domain.requirements import RequirementLine, normalise
from modelop_jupyter.requirements.distributions import Python, ThisPython

# Packages whose modules have other names, the likeliest first.
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
# What models require most: a misspelled name is likely one of these.
_POPULAR = (
    "numpy pandas scipy scikit-learn joblib xgboost lightgbm catboost statsmodels matplotlib seaborn"
    " plotly requests torch torchvision tensorflow keras transformers nltk spacy gensim shap lime"
    " fairlearn aequitas evidently mlflow dask polars pyarrow fastavro sqlalchemy pydantic boto3"
    " cloudpickle dill tqdm pytest jsonschema openpyxl category-encoders imbalanced-learn pyspark"
).split()


@dataclass(frozen=True)
class Providers:
    """Packages by the module that they provide.

    ``built`` is what the model's environment holds, None while it is not built; ``here`` is the
    Python whose packages tell otherwise.
    """

    built: Mapping[str, Sequence[str]] | None = None
    here: Python = field(default_factory=ThisPython)

    def candidates(self, module: str) -> tuple[str, ...]:
        """Return the normalised packages that may provide a module, the likeliest first."""
        named = [*(self.built or {}).get(module, ()), *_OTHER_NAMES.get(module, ())]
        names = (normalise(name) for name in (*named, *self.here.modules.get(module, ()), module))
        return tuple(dict.fromkeys(names))

    def provider(self, module: str, required: Sequence[str], locked: set[str]) -> str | None:
        """Return the package that provides a module, None where none does.

        One of ``required`` comes before one that is in the lock as a dependency.
        """
        if self.built is not None:
            providing = self.built.get(module, ())
            return next(
                (name for name in required if name in providing), next(iter(providing), None)
            )
        available = {*required, *locked}
        # Reading what is installed is slow, and seldom needed.
        quick = (*_OTHER_NAMES.get(module, ()), normalise(module))
        provider = next((name for name in quick if name in available), None)
        return provider or next((x for x in self.candidates(module) if x in available), None)

    def package_meant(self, line: RequirementLine) -> str | None:
        """Return the package that is meant by a line that names its module, None for any other line."""
        package = _PACKAGES_MEANT.get(line.name or "")
        if package is None or line.url:
            return None
        built = {name for names in (self.built or {}).values() for name in names}
        # A package of that name that provides something is what was asked for.
        return None if line.name in built else package

    @cached_property
    def known(self) -> frozenset[str]:
        """Names of packages that certainly exist, to compare a misspelled one with."""
        names = {normalise(name) for packages in self.here.modules.values() for name in packages}
        return frozenset({*names, *_POPULAR, *chain(*_OTHER_NAMES.values())})


def _packages_meant() -> Iterator[tuple[str, str]]:
    """Yield the names of modules that are no package's name, and the package that is meant."""
    for module, packages in _OTHER_NAMES.items():
        if normalise(module) not in packages:
            yield normalise(module), packages[0]


_PACKAGES_MEANT = dict(_packages_meant())
