"""Tell plain source, which is captured, from data, which must become an asset.

A module-level value is plain when its text fully defines it: literals, containers, arithmetic,
comprehensions and f-strings of plain values, and calls of

* the built-in functions and library constructors listed below (``re.compile``, ``Path``,
  ``namedtuple``, ``logging.getLogger``, ``datetime``, ``np.array`` ...);
* functions and classes of the notebook whose own code makes no call that reads or fits
  (``open``, ``read_csv``, ``load``, ``fit`` ...);
* methods of plain values, except those of such names.

Every other call is data: the result of ``pd.read_csv``, a fitted classifier, a client, a frame. A
value made from data is data, and so is one that a later cell changes with data.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from modelop_jupyter.capture.mutations import eager_nodes

_BUILTINS = frozenset(
    """abs all any ascii bin bool bytearray bytes callable chr complex dict divmod enumerate filter
    float format frozenset getattr hasattr hash hex int isinstance issubclass iter len list map max
    min next object oct ord pow print property range repr reversed round set setattr slice sorted
    str sum super tuple type zip""".split()
)
_WHOLE_MODULES = frozenset(
    """bisect collections dataclasses datetime decimal enum fractions functools heapq itertools
    math operator re statistics string struct textwrap types typing typing_extensions zoneinfo""".split()
)
_CONSTRUCTORS = frozenset(
    """contextvars.ContextVar copy.copy copy.deepcopy json.dumps json.loads logging.Formatter
    logging.NullHandler logging.StreamHandler logging.getLogger os.environ.get os.getenv
    os.path.abspath os.path.basename os.path.dirname os.path.join os.path.splitext pathlib.Path
    pathlib.PosixPath pathlib.PurePath pathlib.PurePosixPath pytz.timezone random.Random
    threading.Event threading.Lock threading.RLock threading.local uuid.UUID warnings.catch_warnings
    weakref.WeakKeyDictionary weakref.WeakValueDictionary contextlib.suppress
    pandas.DateOffset pandas.Timedelta pandas.Timestamp""".split()
)
_NUMPY = frozenset(
    """arange array asarray bool_ concatenate cos diag dtype exp eye finfo float32 float64 full
    iinfo identity int32 int64 linspace log log10 log1p log2 logspace ones sin sqrt stack tan
    timedelta64 datetime64 vstack hstack zeros""".split()
)
# Module-level calls that configure libraries; captured from the cells of tagged functions only.
_SETTINGS = frozenset(
    """locale.setlocale logging.basicConfig logging.captureWarnings logging.disable
    numpy.random.seed numpy.set_printoptions numpy.seterr pandas.set_option random.seed
    sys.path.append sys.path.insert sys.setrecursionlimit torch.manual_seed
    torch.set_num_threads warnings.filterwarnings warnings.simplefilter""".split()
)
_READS_OR_FITS = re.compile(
    r"(?:read|open|load|fetch|fit|partial_fit|train|download|retrieve|urlopen|urlretrieve|connect"
    r"|execute|query|input|getpass|request|scan|dump|save|DataFrame|Series|csv|sql)(?:_\w*)?\Z"
    r"|\w+_(?:csv|file|data|dataset|model|sql|table|parquet|pickle|excel)\Z"
)

_NOT_PLAIN = (ast.Await, ast.Yield, ast.YieldFrom, ast.Delete)


def reads_or_fits(name: str) -> bool:
    """Return whether a function of this name is assumed to read data or to fit a model."""
    return name != "loads" and _READS_OR_FITS.match(name) is not None


def is_library_setting(dotted: str) -> bool:
    """Return whether a call only configures a library."""
    return dotted in _SETTINGS


def is_item_deletion(node: ast.AST) -> bool:
    """Return whether this is ``del X["a"]``, which changes X and deletes no name."""
    return isinstance(node, ast.Delete) and not any(
        isinstance(target, (ast.Name, ast.Tuple, ast.List)) for target in node.targets
    )


def first_data_call(
    node: ast.AST,
    *,
    dotted: Callable[[str], str | None],
    own_function: Callable[[str], bool | None],
    own_method: Callable[[str], bool | None],
) -> ast.AST | None:
    """Return the node that makes a statement data, None when the statement is plain.

    ``dotted(path)`` returns the imported name of a path; ``own_function(name)`` and
    ``own_method(name)`` return whether a call of the notebook's own is plain, None for others.
    """
    for part in eager_nodes(node):
        if isinstance(part, _NOT_PLAIN) and not is_item_deletion(part):
            return part
        if not isinstance(part, ast.Call):
            continue
        if isinstance(part.func, ast.Name):
            name = part.func.id
            imported_name = dotted(name)
            own = _is_known(imported_name) if imported_name else own_function(name)
            is_plain = name in _BUILTINS if own is None else own
        else:
            is_plain = _is_plain_method(part.func, dotted, own_method)
        if not is_plain:
            return part
    return None


def _is_plain_method(
    function: ast.expr,
    dotted: Callable[[str], str | None],
    own_method: Callable[[str], bool | None],
) -> bool:
    if not isinstance(function, ast.Attribute):
        # ``make()(x)``: the inner call is checked separately.
        return True
    path = _path(function)
    imported_name = dotted(path) if path else None
    if imported_name:
        return _is_known(imported_name)
    own = own_method(function.attr)
    return not reads_or_fits(function.attr) if own is None else own


def _path(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _is_known(dotted: str) -> bool:
    module, _, rest = dotted.partition(".")
    if dotted in _CONSTRUCTORS or dotted in _SETTINGS:
        return True
    if module == "numpy":
        return rest in _NUMPY
    if module == "pathlib" or dotted.startswith("logging.getLogger."):
        return not reads_or_fits(dotted.rpartition(".")[2])
    return module in _WHOLE_MODULES or dotted.rpartition(".")[2].startswith("register")


def called_names(node: ast.AST) -> Iterator[str]:
    """Yield the last name of every call in a function's body, with inner functions."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            if isinstance(part.func, ast.Attribute):
                yield part.func.attr
            elif isinstance(part.func, ast.Name):
                yield part.func.id
