import { consoleIcon, deleteIcon, listIcon, notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { JobKind, ModelDetail } from '../api/types';
import { IconButton, TextButton } from '../components/primitives';
import { SAMPLE_RECORDS } from '../jupyter/sampleRun';
import { useModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

/** The kinds of job, each with the entry point that it needs. */
const JOB_KINDS: readonly [JobKind, 'score' | 'metrics' | 'train'][] = [
  ['batch', 'score'],
  ['metrics', 'metrics'],
  ['train', 'train']
];

/** A button for each kind of job that a model can run, and for its kernels and jobs. */
export function ModelActions({ model }: { model: ModelDetail }): JSX.Element {
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
      {kinds.some(([kind]) => kind === 'batch') && (
        <TextButton
          label={trans.__('Check')}
          name={trans.__('Check %1', model.name)}
          title={trans.__('Score a sample, and say whether the model will pass in ModelOp Center')}
          onClick={() => void commands.execute(CommandIDs.checkModel, { model: model.name })}
        />
      )}
      {kinds.some(([kind]) => kind === 'batch') && (
        <TextButton
          label={trans.__('Deploy')}
          name={trans.__('Deploy %1', model.name)}
          title={trans.__('Have the model answer requests, in its own environment')}
          onClick={() => void commands.execute(CommandIDs.deploy, { model: model.name })}
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
