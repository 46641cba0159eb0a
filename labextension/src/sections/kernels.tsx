import { closeIcon, consoleIcon, notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { PAUSE, useClock } from '../clock';
import { Empty, IconButton, Problem } from '../components/parts';
import { useLive, useModelOp } from '../context';
import { ago } from '../format';
import { CommandIDs } from '../tokens';

/** Isolated kernels: those that JupyterLab's launcher offers, and those that run. */
export function KernelsSection(): JSX.Element {
  const { client, changes, commands, trans } = useModelOp();
  useClock(PAUSE);
  const found = useLive('kernels', ['kernels', 'models'], each => each.kernels());
  const [error, setError] = React.useState<Error | null>(null);
  const lists = found.value;
  const uninstall = async (ref: string) => {
    try {
      await client.uninstallKernel(ref);
      setError(null);
    } catch (reason) {
      setError(reason as Error);
    }
    await changes.refresh();
    await found.refresh();
  };
  const open = (model: string, as: string) =>
    void commands.execute(CommandIDs.openKernel, { model, as });
  return (
    <div className="jp-modelop-section">
      {(error ?? found.error) && <Problem error={(error ?? found.error)!} />}
      {lists && lists.installed.length + lists.running.length === 0 && (
        <Empty>
          {trans.__('None. The notebook icon of a model opens one in its isolated environment.')}
        </Empty>
      )}
      <ul className="jp-modelop-list" aria-label={trans.__('Installed kernels')}>
        {lists?.installed.map(each => (
          <li key={each.name} className="jp-modelop-row">
            <span className="jp-modelop-name" title={each.path}>
              {each.display_name}
            </span>
            <IconButton
              icon={notebookIcon}
              label={trans.__('New notebook with %1', each.display_name)}
              onClick={() => open(each.snapshot, 'notebook')}
            />
            <IconButton
              icon={consoleIcon}
              label={trans.__('New console with %1', each.display_name)}
              onClick={() => open(each.snapshot, 'console')}
            />
            <IconButton
              icon={closeIcon}
              label={trans.__('Take %1 out of the launcher', each.display_name)}
              onClick={() => void uninstall(each.snapshot)}
            />
          </li>
        ))}
      </ul>
      <ul className="jp-modelop-list" aria-label={trans.__('Running kernels')}>
        {lists?.running.map(each => (
          <li key={each.id} className="jp-modelop-row">
            <span className="jp-modelop-name">{each.model}</span>
            <span className="jp-modelop-muted">
              {trans.__('runs since %1 (process %2)', ago(each.created), each.pid)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
