import { Dialog, showDialog } from '@jupyterlab/apputils';
import { consoleIcon, deleteIcon, notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { Badge, Disclosure, IconButton, Problem, TextButton } from '../components/parts';
import { environmentBadge } from '../components/states';
import { useLive, useModelOp } from '../context';
import { CommandIDs } from '../tokens';
import type { JobKind, ModelDetail } from '../types';
import { AssetsPart } from './assets';
import { EnvironmentPart } from './environment';
import { FunctionsPart } from './functions';
import { SnapshotsPart } from './snapshots';

const KINDS: readonly [JobKind, 'score' | 'metrics' | 'train'][] = [
  ['batch', 'score'],
  ['metrics', 'metrics'],
  ['train', 'train']
];

/** All that belongs to one model: what can be run, and its parts, some of them open. */
export function ModelBody(props: { name: string; open: readonly string[] }): JSX.Element {
  const { name, open } = props;
  const { trans, unfolded } = useModelOp();
  const detail = useLive(`model ${name}`, ['models', 'environments'], client => client.model(name));
  const model = detail.value;
  if (!model) {
    return detail.error ? (
      <Problem error={detail.error} />
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
      isOpen={open.includes(id)}
      onToggle={() => unfolded.togglePart(name, id)}
    >
      {body}
    </Disclosure>
  );
  return (
    <div className="jp-modelop-model">
      {detail.error && <Problem error={detail.error} />}
      {model.description && <p className="jp-modelop-description">{model.description}</p>}
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
        <AssetsPart model={model} />
      )}
      {part(
        'environment',
        <>
          {trans.__('Environment')} <Badge {...environmentBadge(model.environment.state)} />
        </>,
        trans.__('Environment'),
        <EnvironmentPart reference={name} />
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
  const { client, changes, commands, trans } = useModelOp();
  const [error, setError] = React.useState<Error | null>(null);
  const labels: Record<JobKind, string> = {
    batch: trans.__('Run batch'),
    metrics: trans.__('Run metrics'),
    train: trans.__('Train')
  };
  const kinds = KINDS.filter(([, point]) => model.functions.some(each => each.kind === point));
  const remove = async () => {
    const answer = await showDialog({
      title: trans.__('Remove %1?', model.name),
      body: trans.__('Its snapshots and jobs stay on record; its name continues their numbers.'),
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Remove') })]
    });
    if (answer.button.accept) {
      try {
        await client.removeModel(model.name);
        await changes.refresh();
      } catch (reason) {
        setError(reason as Error);
      }
    }
  };
  return (
    <>
      <div className="jp-modelop-actions">
        {kinds.map(([kind]) => (
          <TextButton
            key={kind}
            isAccepting={true}
            label={labels[kind]}
            onClick={() => void commands.execute(CommandIDs.newJob, { model: model.name, kind })}
          />
        ))}
        <span className="jp-modelop-icons">
          <IconButton
            icon={notebookIcon}
            label={trans.__('New notebook in the environment of %1', model.name)}
            onClick={() =>
              void commands.execute(CommandIDs.openKernel, { model: model.name, as: 'notebook' })
            }
          />
          <IconButton
            icon={consoleIcon}
            label={trans.__('New console in the environment of %1', model.name)}
            onClick={() =>
              void commands.execute(CommandIDs.openKernel, { model: model.name, as: 'console' })
            }
          />
          <IconButton
            icon={deleteIcon}
            label={trans.__('Remove the model %1', model.name)}
            onClick={() => void remove()}
          />
        </span>
      </div>
      {error && <Problem error={error} />}
    </>
  );
}
