import { closeIcon, consoleIcon, notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { ago } from '../components/format';
import { EmptyMessage, ErrorMessage, IconButton } from '../components/primitives';
import { LIST_INTERVAL, useInterval } from '../components/useInterval';
import { useModelOp } from '../state/context';
import { useAction, useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';

/** The installed kernel specs and the running isolated kernels of models. */
export function KernelsSection(): JSX.Element {
  const { client, commands, trans } = useModelOp();
  useInterval(LIST_INTERVAL);
  const action = useAction();
  const kernels = useServerQuery({
    key: ['kernels'],
    topics: ['kernels', 'models'],
    fetch: client => client.kernels()
  });
  const lists = kernels.data;
  const uninstall = async (model: string) => {
    try {
      await client.uninstallKernel(model);
    } finally {
      await kernels.refetch();
    }
  };
  const open = (model: string, as: 'notebook' | 'console') =>
    void commands.execute(CommandIDs.openKernel, { model, as });
  const error = action.error ?? kernels.error;
  return (
    <div className="jp-modelop-section">
      {error && <ErrorMessage error={error} />}
      {lists && lists.installed.length + lists.running.length === 0 && (
        <EmptyMessage>
          {trans.__('No isolated kernels. The notebook icon of a model opens one.')}
        </EmptyMessage>
      )}
      <ul className="jp-modelop-list" aria-label={trans.__('Installed kernels')}>
        {lists?.installed.map(({ name, display_name: displayName, path, snapshot }) => (
          <li key={name} className="jp-modelop-row">
            <span className="jp-modelop-name" title={path}>
              {displayName}
            </span>
            <IconButton
              icon={notebookIcon}
              label={trans.__('New notebook with %1', displayName)}
              onClick={() => open(snapshot, 'notebook')}
            />
            <IconButton
              icon={consoleIcon}
              label={trans.__('New console with %1', displayName)}
              onClick={() => open(snapshot, 'console')}
            />
            <IconButton
              icon={closeIcon}
              label={trans.__('Remove %1 from the launcher', displayName)}
              onClick={() => action.run(() => uninstall(snapshot))}
            />
          </li>
        ))}
      </ul>
      <ul className="jp-modelop-list" aria-label={trans.__('Running kernels')}>
        {lists?.running.map(({ id, model, created, pid }) => (
          <li key={id} className="jp-modelop-row">
            <span className="jp-modelop-name">{model}</span>
            <span className="jp-modelop-muted">
              {trans.__('started %1 (process %2)', ago(created), pid)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
