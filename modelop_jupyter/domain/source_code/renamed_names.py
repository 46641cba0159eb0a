"""Modules and names that libraries have renamed or removed: pickles and older sources still use them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gone:
    """A dotted name that a library, or Python, has removed in a version; ``remedy`` is a phrase."""

    name: str
    library: str
    version: str
    remedy: str

    @property
    def sentence(self) -> str:
        """Return one sentence: what was removed, and the remedy."""
        return f"{self.library} has no {self.name!r} from {self.version} on: {self.remedy}"


_OLD_SKLEARN = "a file that names it was written with an older one, so pin scikit-learn<{} in the requirements, or write the file anew"

_TABLE = (
    # https://setuptools.pypa.io/en/latest/history.html (v82.0.0)
    Gone("pkg_resources", "setuptools", "82", "write setuptools<82 into the requirements"),
    # https://docs.python.org/3/whatsnew/3.12.html#removed, PEP 632
    Gone("distutils", "Python", "3.12", "register with --python 3.11, or write setuptools into the requirements, which brings a copy"),
    Gone("imp", "Python", "3.12", "use importlib, or register with --python 3.11"),
    Gone("asyncore", "Python", "3.12", "use asyncio, or register with --python 3.11"),
    Gone("asynchat", "Python", "3.12", "use asyncio, or register with --python 3.11"),
    Gone("smtpd", "Python", "3.12", "register with --python 3.11"),
    # https://peps.python.org/pep-0594/, removed in 3.13
    *(Gone(name, "Python", "3.13", "register with --python 3.12") for name in "aifc audioop cgi cgitb chunk crypt imghdr mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd sunau telnetlib uu xdrlib".split()),
    # https://docs.python.org/3/whatsnew/3.10.html#removed
    *(Gone(f"collections.{name}", "Python", "3.10", f"import it as collections.abc.{name}") for name in "Callable Hashable Iterable Iterator Mapping MutableMapping MutableSequence MutableSet Sequence Set Sized".split()),
    # https://scikit-learn.org/stable/whats_new/v0.20.html
    *(Gone(f"sklearn.{name}", "scikit-learn", "0.20", "it is in sklearn.model_selection now") for name in ("cross_validation", "grid_search", "learning_curve")),
    # https://scikit-learn.org/stable/whats_new/v0.23.html (deprecated in 0.21)
    Gone("sklearn.externals.joblib", "scikit-learn", "0.23", "write 'import joblib', and joblib into the requirements; " + _OLD_SKLEARN.format("0.23")),
    Gone("sklearn.externals.six", "scikit-learn", "0.23", "write 'import six', and six into the requirements"),
    # https://scikit-learn.org/stable/whats_new/v0.22.html: Imputer; private modules were given an underscore,
    # and the old ones went with 0.24 (https://scikit-learn.org/stable/whats_new/v0.24.html)
    Gone("sklearn.preprocessing.Imputer", "scikit-learn", "0.22", "it is sklearn.impute.SimpleImputer now; " + _OLD_SKLEARN.format("0.22")),
    Gone("sklearn.preprocessing.imputation", "scikit-learn", "0.22", _OLD_SKLEARN.format("0.22")),
    *(
        Gone(f"sklearn.{name}", "scikit-learn", "0.24", _OLD_SKLEARN.format("0.24"))
        for name in """calibration.logistic cluster.k_means_ cluster.birch cluster.dbscan_ cluster.hierarchical cluster.mean_shift_
        covariance.empirical_covariance_ cross_decomposition.pls_ decomposition.pca decomposition.nmf decomposition.truncated_svd
        decomposition.incremental_pca decomposition.fastica_ ensemble.bagging ensemble.base ensemble.forest
        ensemble.gradient_boosting ensemble.iforest ensemble.voting_classifier ensemble.weight_boosting
        feature_extraction.dict_vectorizer feature_extraction.hashing feature_selection.from_model feature_selection.rfe
        feature_selection.univariate_selection feature_selection.variance_threshold gaussian_process.gpc gaussian_process.gpr
        linear_model.base linear_model.bayes linear_model.coordinate_descent linear_model.huber linear_model.logistic
        linear_model.perceptron linear_model.ridge linear_model.sag linear_model.stochastic_gradient manifold.t_sne
        metrics.classification metrics.ranking metrics.regression metrics.scorer mixture.gaussian_mixture
        neighbors.base neighbors.classification neighbors.kde neighbors.lof neighbors.regression neighbors.unsupervised
        neural_network.multilayer_perceptron neural_network.rbm preprocessing.data preprocessing.label svm.base svm.classes
        tree.tree utils.testing utils.fast_dict utils.seq_dataset utils.weight_vector""".split()
    ),
    # https://numpy.org/doc/stable/release/1.24.0-notes.html (expired deprecations)
    *(Gone(f"numpy.{name}", "numpy", "1.24", f"use {name} itself, or pin numpy<1.24") for name in "bool complex float int object str".split()),
    # https://numpy.org/doc/stable/numpy_2_0_migration_guide.html
    *(Gone(f"numpy.{name}", "numpy", "2.0", f"use numpy.{new}, or pin numpy<2") for name, new in (("float_", "float64"), ("Inf", "inf"), ("NaN", "nan"), ("NAN", "nan"), ("infty", "inf"), ("unicode_", "str_"), ("in1d", "isin"), ("product", "prod"), ("cumproduct", "cumprod"), ("alltrue", "all"), ("sometrue", "any"))),
    # https://pandas.pydata.org/docs/whatsnew/v2.0.0.html
    *(Gone(f"pandas.{name}", "pandas", "2.0", "a file that names it was written with an older one, so pin pandas<2, or write the file anew") for name in ("core.indexes.numeric", "Int64Index", "Float64Index", "UInt64Index", "core.index")),
    Gone("pandas.util.testing", "pandas", "2.0", "it is pandas.testing now"),
    # https://www.tensorflow.org/guide/migrate, and the notes of 2.12 for the wrappers
    Gone("tensorflow.contrib", "tensorflow", "2.0", "pin tensorflow<2, or use what took its place"),
    Gone("tensorflow.keras.wrappers", "tensorflow", "2.12", "use scikeras"),
    Gone("keras.wrappers", "keras", "2.12", "use scikeras"),
    # https://jinja.palletsprojects.com/en/stable/changes/#version-3-1-0
    Gone("jinja2.Markup", "jinja2", "3.1", "it is markupsafe.Markup now"),
    # https://markupsafe.palletsprojects.com/en/stable/changes/#version-2-1-0
    Gone("markupsafe.soft_unicode", "markupsafe", "2.1", "it is soft_str now; pin markupsafe<2.1 for older libraries"),
)  # fmt: skip
_BY_NAME = {gone.name: gone for gone in _TABLE}
# A module of the newer one that files written with it name: the library must be as new.
_NEWER = {
    # https://numpy.org/doc/stable/numpy_2_0_migration_guide.html
    "numpy._core": "It was written with numpy 2: pin numpy>=2 in the requirements, or write the file anew with numpy<2",
}


def gone(dotted: str) -> Gone | None:
    """Return the entry of a removed dotted name, or of the module that contains it; None if unknown."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        entry = _BY_NAME.get(".".join(parts[:count]))
        if entry is not None:
            return entry
    return None


def advice(dotted: str) -> str | None:
    """Return the remedy for a dotted name that a library lacks, None if none is known."""
    for name, remedy in _NEWER.items():
        if f"{dotted}.".startswith(f"{name}."):
            return remedy
    entry = gone(dotted)
    return entry.sentence if entry else None
