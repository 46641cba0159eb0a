import { consoleIcon, deleteIcon, listIcon, notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { JobKind, ModelDetail } from '../api/types';
import { NotebookChange } from '../components/notebookChange';
import { Badge, Disclosure, ErrorMessage, IconButton, TextButton } from '../components/primitives';
import { environmentBadge } from '../components/status';
import { SAMPLE_RECORDS } from '../jupyter/sampleRun';
import { useModelOp } from '../state/context';
import { useModel } from '../state/queries';
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

function Actions({ model }: { model: ModelDetail }): JSX.Element {
  const { commands, trans } = useModelOp();
  const labels: Record<JobKind, string> = {
    batch: trans.__('Run batch'),
    metrics: trans.__('Run metrics'),
    train: trans.__('Train')
  };
  const kinds = JOB_KINDS.filter(([, entryPoint]) =>
    model.functions.some(({ kind }) => kind === entryPoint)
  );
  const openKernel = (as: 'notebook' | 'console') =>
    void commands.execute(CommandIDs.openKernel, { model: model.name, as });
  return (
    <div className="jp-modelop-actions">
      {kinds.map(([kind]) => (
        <TextButton
          key={kind}
          isPrimary={true}
          label={labels[kind]}
          onClick={() => void commands.execute(CommandIDs.newJob, { model: model.name, kind })}
        />
      ))}
      {kinds.some(([kind]) => kind === 'batch') && (
        <TextButton
          label={trans.__('Run on %1 sample records', SAMPLE_RECORDS)}
          onClick={() => void commands.execute(CommandIDs.runSample, { model: model.name })}
        />
      )}
      <span className="jp-modelop-icons">
        <IconButton
          icon={listIcon}
          label={trans.__('Jobs of %1', model.name)}
          onClick={() => void commands.execute(CommandIDs.openJobs, { model: model.name })}
        />
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
          onClick={() => void commands.execute(CommandIDs.removeModel, { model: model.name })}
        />
      </span>
    </div>
  );
}

export { Actions, NotebookChange };
