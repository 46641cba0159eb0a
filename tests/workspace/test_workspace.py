"""The Python API: every command is a method of the workspace, and of the component it belongs to."""

from __future__ import annotations

import inspect

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import ModelNotFoundError

VERBS = """
    register preview models model_page show stored_model lineage remove diff export import_ snapshot snapshots
    asset_add asset_list asset_names asset_role asset_remove schema_show schema_infer
    requirements infer_requirements upgrade_requirements
    environment env_build env_list env_show env_prove env_remove env_pin env_unpin env_gc
    batch metrics train jobs job job_page job_look job_retry job_rerun job_differences job_document
    job_remove job_gc job_pin job_unpin jobs_usage record_page error_page log_after
    compare history metric_names overview repair open close
""".split()


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_offered_with_its_documentation(workspace: Workspace, name: str) -> None:
    """``workspace.<Tab>`` lists it, and ``workspace.name?`` explains it."""
    verb = getattr(workspace, name)

    assert name in dir(workspace)
    assert callable(verb)
    assert inspect.getdoc(verb)
    assert "self" not in inspect.signature(verb).parameters


def test_a_verb_has_the_parameters_of_the_component_s_method(workspace: Workspace) -> None:
    flat, grouped = inspect.signature(workspace.job_retry), inspect.signature(workspace.jobs.retry)

    assert list(flat.parameters)[:3] == ["identity", "failed", "engine"]
    assert flat == grouped
    assert workspace.job_retry.__doc__ == workspace.jobs.retry.__doc__


def test_a_component_that_is_called_lists_what_it_is_about(
    workspace: Workspace, model: str
) -> None:
    """``models()`` and ``models.show()`` are both there, like ``plot`` and ``plot.bar`` in pandas."""
    assert [row.name for row in workspace.models()] == [model]
    assert [asset.path for asset in workspace.assets(model)] == ["double.py"]
    assert workspace.models.show(model).model.name == model
    assert workspace.jobs() == []
    assert workspace.environments() == workspace.env_list()
    assert workspace.requirements(model).rows == ()


def test_a_component_is_made_once(workspace: Workspace) -> None:
    assert workspace.jobs is workspace.jobs


def test_the_class_itself_documents_its_components() -> None:
    """``Workspace.jobs`` is the class with the methods, as ``help(Workspace)`` shows them."""
    assert "newest first" in (Workspace.jobs.__doc__ or "")
    assert inspect.getdoc(Workspace.job_retry)


def test_a_closed_workspace_opens_again(workspace: Workspace, model: str) -> None:
    workspace.close()

    with pytest.raises(ModelNotFoundError):
        workspace.show("other")
    assert workspace.show(model).model.name == model
