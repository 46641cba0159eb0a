import { closeIcon, consoleIcon, notebookIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { InstalledKernel, KernelRecord } from '../api/types';
import { ago, moment } from '../components/format';
import { EmptyMessage, ErrorMessage, IconButton } from '../components/primitives';
import { LIST_INTERVAL, useInterval } from '../components/useInterval';
import { useCommandEnabled, useModelOp } from '../state/context';
import { useAction, useKernels } from '../state/queries';
import { CommandIDs } from '../tokens';

/** The installed kernel specs and the running isolated kernels, of all models or of one. */
export function KernelsPart(props: { model?: string; nothing: string }): JSX.Element {
  const { client } = useModelOp();
  useInterval(LIST_INTERVAL);
  const action = useAction();
  const { data: lists, error: fetchError, refetch } = useKernels();
  const isShown = (ref: string) => props.model === undefined || ref.split('@')[0] === props.model;
  const installed = lists?.installed.filter(({ snapshot }) => isShown(snapshot)) ?? [];
  const running = lists?.running.filter(({ model }) => isShown(model)) ?? [];
  // Kernel specs are no part of the home folder, whose changes are reported.
  const run = (change: () => Promise<void>) =>
    action.run(async () => {
      try {
        await change();
      } finally {
        await refetch();
      }
    });
  const error = action.error ?? fetchError;
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {lists && installed.length + running.length === 0 && (
        <EmptyMessage>{props.nothing}</EmptyMessage>
      )}
      <InstalledKernels
        kernels={installed}
        onRemove={({ snapshot }) => run(() => client.uninstallKernel(snapshot))}
      />
      <RunningKernels
        kernels={running}
        onStop={({ model }) => run(() => client.stopKernel(model))}
      />
    </>
  );
}

/** The kernels of models in JupyterLab's launcher; each opens a notebook or a console. */
function InstalledKernels(props: {
  kernels: readonly InstalledKernel[];
  onRemove: (kernel: InstalledKernel) => void;
}): JSX.Element {
  const { commands, trans } = useModelOp();
  const open = (model: string, as: 'notebook' | 'console') =>
    void commands.execute(CommandIDs.openKernel, { model, as });
  return (
    <ul className="jp-modelop-list" aria-label={trans.__('Installed kernels')}>
      {props.kernels.map(kernel => {
        const { name, display_name: displayName, path, snapshot, gone } = kernel;
        return (
          <li key={name} className="jp-modelop-row">
            <span className="jp-modelop-name" title={path}>
              {displayName}
            </span>
            {gone && <span className="jp-modelop-warn">{trans.__('cannot start: %1', gone)}</span>}
            {!gone && (
              <IconButton
                icon={notebookIcon}
                label={trans.__('New notebook with %1', displayName)}
                onClick={() => open(snapshot, 'notebook')}
              />
            )}
            {!gone && (
              <IconButton
                icon={consoleIcon}
                label={trans.__('New console with %1', displayName)}
                onClick={() => open(snapshot, 'console')}
              />
            )}
            <IconButton
              icon={closeIcon}
              label={trans.__('Remove %1 from the launcher', displayName)}
              onClick={() => props.onRemove(kernel)}
            />
          </li>
        );
      })}
    </ul>
  );
}

/** The isolated kernels that run; a notebook cell can run in each. */
function RunningKernels(props: {
  kernels: readonly KernelRecord[];
  onStop: (kernel: KernelRecord) => void;
}): JSX.Element {
  const { commands, trans } = useModelOp();
  const canInsert = useCommandEnabled(CommandIDs.insertKernelCell);
  return (
    <ul className="jp-modelop-list" aria-label={trans.__('Running kernels')}>
      {props.kernels.map(kernel => {
        const { id, model, created, pid, owner } = kernel;
        return (
          <li key={id} className="jp-modelop-row">
            <span className="jp-modelop-name">{model}</span>
            <span className="jp-modelop-muted" title={moment(created)}>
              {trans.__('started %1 (process %2)', ago(created), pid)}
              {owner !== null && trans.__(', ends with its notebook')}
            </span>
            {canInsert && (
              <IconButton
                icon={notebookIcon}
                label={trans.__('Insert a cell that runs in the kernel of %1', model)}
                onClick={() => void commands.execute(CommandIDs.insertKernelCell, { model })}
              />
            )}
            <IconButton
              icon={stopIcon}
              label={trans.__('Stop the kernel of %1', model)}
              onClick={() => props.onStop(kernel)}
            />
          </li>
        );
      })}
    </ul>
  );
}
