"""The grammar: every verb, every option, and the errors of mistakes."""

from __future__ import annotations

import pytest

from modelop_jupyter.commands.grammar import parse, verbs
from modelop_jupyter.errors import UsageMistakeError


@pytest.mark.parametrize("name", [name for name in verbs() if name])
def test_every_example_parses_to_its_verb(name: str) -> None:
    """The example that `help` shows can be typed as it stands."""
    from modelop_jupyter.commands.shell_words import split

    verb, _ = parse(split(verbs()[name].example), program="modelop")

    assert verb.name == name


def test_the_verbs_are_those_of_the_interface() -> None:
    """Nothing of a later issue is in the grammar."""
    expected = (
        "|help|register|model|models|show|remove|asset add|asset list|asset role|asset remove"
        "|snapshot|snapshots|diff|alias|tag|meta|requirements|schema infer|schema show|env build|env list|env show|env report|env prove|env pin|env unpin|env remove|env gc"
        "|kernel start|kernel stop|kernel list|kernel install|kernel uninstall"
        "|batch|metrics|train|check|challenge|schedule|schedule list|schedule remove|jobs|job show|job log|job report|job attach|job cancel|job errors|job retry|job rerun|job export|job remove|job gc|job pin|job unpin|deploy|deployments|deployment show|deployment log|deployment errors|deployment stop|deployment rollback|compare|history|export|import|run|example|config|repair|panel"
    )

    assert list(verbs()) == expected.split("|")


@pytest.mark.parametrize("name", list(verbs()))
def test_every_verb_has_one_sentence_and_an_example_of_itself(name: str) -> None:
    """The help has something to show for each."""
    verb = verbs()[name]

    assert verb.summary.endswith(".") and verb.summary.count(". ") == 0
    assert verb.example.startswith(name)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("register m", {"name": "m", "path": None, "asset": [], "tag": [], "init": None}),
        ("register m --asset a --asset b=X src --tag t", {"path": "src", "asset": ["a", "b=X"]}),
        (
            "register m p.py --init i --score s --metrics e --train t --python 3.8 --source x.py"
            " --description d --notebook n.ipynb",
            {
                "init": "i",
                "score": "s",
                "metrics": "e",
                "train": "t",
                "python": "3.8",
                "source": "x.py",
                "description": "d",
                "notebook": "n.ipynb",
            },
        ),
        ("batch m a b", {"inputs": ["a", "b"], "output": None, "param": [], "background": False}),
        ("batch m a -o out b", {"inputs": ["a", "b"], "output": ["out"]}),
        ("batch --limit 3 m a", {"name": "m", "inputs": ["a"], "limit": 3}),
        ("batch m a --schemas both", {"schemas": "both"}),
        ("batch m a --max-errors 5%", {"max_errors": {"percent": 5.0}}),
        ("batch m a --retry 2", {"retry": 2, "retry_on": None}),
        (
            "batch m a --retry-on OSError,requests.exceptions",
            {"retry": None, "retry_on": ("OSError", "requests.exceptions")},
        ),
        ("batch m a --max-errors 0", {"max_errors": {"count": 0}}),
        ("batch m a --timeout 1.5 --background", {"timeout": 1.5, "background": True}),
        ("metrics m a --reference r", {"reference": "r"}),
        ("train m a --param x=1", {"param": [("x", 1)]}),
        (
            "schedule m batch a -o b --cron '0 7 * * *' --limit 3 --install",
            {"name": "m", "verb": "batch", "words": ["a", "-o", "b", "--limit", "3"]},
        ),
        ("schedule list", {}),
        ("schedule remove m train", {"name": "m", "verb": "train"}),
        ("schedule -h", {"words": ["schedule"]}),
        ("asset add m f --role R", {"name": "m", "file": "f", "role": "R"}),
        ("asset role m f Required libraries", {"role": ["Required", "libraries"]}),
        ("snapshot m -m 'a b'", {"label": "a b"}),
        ("snapshots m", {"name": "m"}),
        ("diff m@1 m", {"before": "m@1", "after": "m"}),
        ("requirements m --check", {"check": True}),
        ("requirements m --infer --write", {"infer": True, "write": True}),
        ("requirements m --upgrade", {"upgrade": True, "check": False}),
        ("env prove m@2", {"name": "m@2"}),
        ("kernel install m@2", {"name": "m@2"}),
        ("run x.zip a --limit 3", {"path": "x.zip", "inputs": ["a"], "limit": 3, "verify": False}),
        ("run x.zip --verify", {"path": "x.zip", "inputs": [], "verify": True, "output": None}),
        ("jobs --model m --running", {"model": "m", "running": True}),
        ("jobs --tag t --kind batch --status failed", {"tag": "t", "status": ["failed"]}),
        ("job export abcd -o x", {"job": "abcd", "output": "x"}),
        ("job remove abcd ef01", {"jobs": ["abcd", "ef01"]}),
        ("job gc", {"older": None, "quota": None, "dry_run": False}),
        (
            "job gc --older 2w --quota 0 --dry-run",
            {"older": 1209600.0, "quota": 0, "dry_run": True},
        ),
        ("batch m a -o x -o y", {"output": ["x", "y"]}),
        ("job gc --older 12h --quota 500MB", {"older": 43200.0, "quota": 500_000_000}),
        ("deploy m@2", {"name": "m@2", "port": None, "replicas": None, "shadow": False}),
        (
            "deploy m --port 8010 --replicas auto --for 2h --capture c.jsonl --schemas in --token t",
            {"port": 8010, "replicas": "auto", "lifetime": 7200.0, "schemas": "in", "token": "t"},
        ),
        (
            "deploy m --replicas 3 --record-timeout 0.5 --start-timeout 90 --host 0.0.0.0 --insecure",
            {"replicas": 3, "record_timeout": 0.5, "start_timeout": 90.0, "insecure": True},
        ),
        ("deployment errors m", {"deployment": "m", "limit": 50, "record": None}),
        ("deployment errors m --record 0", {"record": 0}),
        ("export m@2 x.zip", {"name": "m@2", "path": "x.zip", "format": "modelop"}),
        ("export m folder --format git", {"path": "folder", "format": "git", "wheels": False}),
        ("export m x.zip --wheels --no-sample", {"wheels": True, "sample": False}),
        ("import x.zip", {"path": "x.zip"}),
        ("example", {"name": None}),
        ("example faults", {"name": "faults"}),
        ("help asset add", {"words": ["asset", "add"]}),
        ("asset add --help", {"words": ["asset", "add"]}),
        ("batch -h", {"words": ["batch"]}),
        ("asset --help", {"words": ["asset"]}),
        ("--help", {"words": []}),
    ],
)
def test_a_line_is_parsed_into_arguments(line: str, expected: dict[str, object]) -> None:
    """Options may stand anywhere among the arguments."""
    from modelop_jupyter.commands.shell_words import split

    _, args = parse(split(line), program="modelop")

    assert {key: getattr(args, key) for key in expected} == expected


def test_a_cell_has_a_verb_of_a_line_s_name() -> None:
    """`%modelop run FILE INPUT` scores a file, `%%modelop run NAME` runs the cell in a kernel."""
    words = ["run", "m", "--record", "3f2a:7"]
    verb, args = parse(words, program="%modelop", is_cell=True)

    assert verb.in_cell
    assert (args.name, args.load, args.record) == ("m", False, "3f2a:7")
    assert not parse(["run", "x.zip", "a"], program="%modelop")[0].in_cell


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("bacth m a", "'bacth' is not a verb of modelop. Did you mean 'batch'?"),
        ("xyzzy", "'xyzzy' is not a verb of modelop. Type 'modelop help' for a list of all verbs."),
        ("asset", "'asset' needs a second word. Use one of: add, list, role, remove."),
        ("asset ad m f", "asset 'ad' is not a verb of modelop. Did you mean 'asset add'?"),
        (
            "job xyzzy",
            "job 'xyzzy' is not a verb of modelop. Use one of: show, log, report, attach, cancel, errors, retry, rerun, export, remove, gc, pin, unpin.",
        ),
        ("batch m a --limt 3", "batch has no option '--limt'. Did you mean '--limit'?"),
        ("batch m a --lim=3", "batch has no option '--lim'. Did you mean '--limit'?"),
        (
            "models churn",
            "models: 'churn' is one argument too many. Type 'modelop help models' for its usage.",
        ),
        (
            "batch m",
            "batch: the following arguments are required: INPUT. Type 'modelop help batch' for its usage.",
        ),
        ("--runing", "modelop has no option '--runing'. Its options are: --help, --show-code."),
    ],
)
def test_a_wrong_line_gets_one_sentence_with_the_nearest_word(line: str, sentence: str) -> None:
    """Issue 2, "What bad input gets": unknown verb or option, with the nearest name."""
    with pytest.raises(UsageMistakeError) as caught:
        parse(line.split(), program="modelop")

    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("batch m a --limit 0", "'0' is not a whole number above 0"),
        ("batch m a --limit ten", "'ten' is not a whole number above 0"),
        ("batch m a --timeout -3", "'-3' is not a number of seconds above 0"),
        ("batch m a --timeout inf", "'inf' is not a number of seconds above 0"),
        (
            "batch m a --max-errors many",
            "'many' is neither a number such as 10 nor a percentage such as 5%",
        ),
        (
            "batch m a --max-errors 200%",
            "'200%' is neither a number such as 10 nor a percentage such as 5%",
        ),
        ("deploy m --port 70000", "'70000' is not a port: a number from 1 to 65535"),
        ("deploy m --for ever", "'ever' is not a time such as 2h or 30m"),
        ("deploy m --replicas 0", "'0' is neither a number of replicas nor 'auto'"),
        ("deployment errors m --record x", "'x' is not a whole number"),
        ("batch m a --param novalue", "'novalue' is not K=V, such as threshold=0.5"),
        ("batch m a --schemas up", "invalid choice: 'up'"),
        ("batch m a --workers 0", "'0' is neither a number of workers nor 'auto'"),
        ("batch m a --memory much", "'much' is not a size such as 2GB or 500MB"),
        ("batch m a --retry 0", "'0' is not a number from 1 to 100"),
        ("batch m a --retry-on a-b", "'a-b' is not the name of an exception or a module"),
        ("batch m a --record-timeout 0", "'0' is not a number of seconds above 0"),
        ("batch m a --tell desktop", "batch has no option '--tell'"),
        ("diff m@1", "diff: the following arguments are required: NAME"),
    ],
)
def test_a_bad_value_is_named(line: str, words: str) -> None:
    """Options of later issues are unknown, too."""
    with pytest.raises(UsageMistakeError) as caught:
        parse(line.split(), program="modelop")

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
