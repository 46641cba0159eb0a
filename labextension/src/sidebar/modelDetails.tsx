import { Dialog, showDialog } from '@jupyterlab/apputils';
import { consoleIcon, deleteIcon, notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { JobKind, ModelDetail } from '../api/types';
import { Badge, Disclosure, ErrorMessage, IconButton, TextButton } from '../components/primitives';
import { environmentBadge } from '../components/status';
import { useModelOp } from '../state/context';
import { useAction, useModel } from '../state/queries';
import { CommandIDs } from '../tokens';
import { AssetsPart } from '../model/assets';
import { EnvironmentPart } from '../model/environment';
import { FunctionsPart } from '../model/functions';
import { RequirementsPart } from '../model/requirements';
import { SnapshotsPart } from '../model/snapshots';

/** The kinds of job, each with the entry point that it needs. */
const JOB_KINDS: readonly [JobKind, 'score' | 'metrics' | 'train'][] = [
  ['batch', 'score'],
  ['metrics', 'metrics'],
  ['train', 'train']
];

/** The actions and the parts of a model; `expandedParts` are the ids of the expanded ones. */
export function ModelDetails(props: {
  name: string;
  expandedParts: readonly string[];
}): JSX.Element {
  const { name, expandedParts } = props;
  const { trans, expansionState } = useModelOp();
  const { data: model, error } = useModel(name);
  if (!model) {
    return error ? (
      <ErrorMessage error={error} />
    ) : (
      <div className="jp-modelop-muted" role="status">
        {trans.__('Loading…')}
      </div>
    );
  }
  const part = (id: string, title: React.ReactNode, label: string, body: React.ReactNode) => (
    <Disclosure
      level={2}
      title={title}
      label={`${label}, ${name}`}
      isExpanded={expandedParts.includes(id)}
      onToggle={() => expansionState.togglePart(name, id)}
    >
      {body}
    </Disclosure>
  );
  return (
    <div className="jp-modelop-model">
      {error && <ErrorMessage error={error} />}
      {model.description && <p className="jp-modelop-description">{model.description}</p>}
      <NotebookChange model={model} />
      <Actions model={model} />
      {part(
        'functions',
        trans.__('Functions (%1)', model.functions.length),
        trans.__('Functions'),
        <FunctionsPart model={model} />
      )}
      {part(
        'assets',
        trans.__('Assets (%1)', model.assets.length),
        trans.__('Assets'),
        <>
          <AssetsPart model={model} />
          <RequirementsPart model={model} />
        </>
      )}
      {part(
        'environment',
        <>
          {trans.__('Environment')} <Badge {...environmentBadge(model.environment.state)} />
        </>,
        trans.__('Environment'),
        <EnvironmentPart name={name} />
      )}
      {part(
        'snapshots',
        trans.__('Snapshots (%1)', model.snapshots),
        trans.__('Snapshots'),
        <SnapshotsPart model={model} />
      )}
    </div>
  );
}

/** What differs between the saved notebook and the registered source, and a button to register again. */
function NotebookChange({ model }: { model: ModelDetail }): JSX.Element | null {
  const { commands, trans } = useModelOp();
  const { notebook, notebook_change: change } = model;
  if (!change || !notebook) {
    return null;
  }
  return (
    <div className="jp-modelop-warn">
      <details>
        <summary>{trans.__('The notebook differs from %1', change.ref)}</summary>
        <pre tabIndex={0} className="jp-modelop-source">
          {change.diff}
        </pre>
      </details>
      <TextButton
        label={trans.__('Register again')}
        onClick={() => void commands.execute(CommandIDs.register, { model: model.name, notebook })}
      />
    </div>
  );
}

function Actions({ model }: { model: ModelDetail }): JSX.Element {
  const { client, commands, trans } = useModelOp();
  const { run, error } = useAction();
  const labels: Record<JobKind, string> = {
    batch: trans.__('Run batch'),
    metrics: trans.__('Run metrics'),
    train: trans.__('Train')
  };
  const kinds = JOB_KINDS.filter(([, entryPoint]) =>
    model.functions.some(({ kind }) => kind === entryPoint)
  );
  const remove = async () => {
    const answer = await showDialog({
      title: trans.__('Remove %1?', model.name),
      body: trans.__(
        'Its snapshots and jobs are kept. A new model of this name continues their numbers.'
      ),
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Remove') })]
    });
    if (answer.button.accept) {
      run(() => client.removeModel(model.name));
    }
  };
  const openKernel = (as: 'notebook' | 'console') =>
    void commands.execute(CommandIDs.openKernel, { model: model.name, as });
  return (
    <>
      <div className="jp-modelop-actions">
        {kinds.map(([kind]) => (
          <TextButton
            key={kind}
            isPrimary={true}
            label={labels[kind]}
            onClick={() => void commands.execute(CommandIDs.newJob, { model: model.name, kind })}
          />
        ))}
        <span className="jp-modelop-icons">
          <IconButton
            icon={notebookIcon}
            label={trans.__('New notebook in the environment of %1', model.name)}
            onClick={() => openKernel('notebook')}
          />
          <IconButton
            icon={consoleIcon}
            label={trans.__('New console in the environment of %1', model.name)}
            onClick={() => openKernel('console')}
          />
          <IconButton
            icon={deleteIcon}
            label={trans.__('Remove the model %1', model.name)}
            onClick={() => void remove()}
          />
        </span>
      </div>
      {error && <ErrorMessage error={error} />}
    </>
  );
}

export { Actions, NotebookChange };
