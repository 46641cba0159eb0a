import * as React from 'react';
import { ErrorMessage, TextButton } from '../../components/primitives';
import { KernelsPart } from '../../model/kernels';
import { useModelOp } from '../../state/context';
import { useAction } from '../../state/queries';
import { CommandIDs } from '../../tokens';

/** The isolated kernels of a model: start one, run cells in it, or open a notebook with its own. */
export function KernelsOfModel({ name }: { name: string }): JSX.Element {
  const { client, commands, trans } = useModelOp();
  const { run, error, isRunning } = useAction();
  const open = (as: 'notebook' | 'console') =>
    void commands.execute(CommandIDs.openKernel, { model: name, as });
  return (
    <>
      {error && <ErrorMessage error={error} />}
      <div className="jp-modelop-actions">
        <TextButton
          label={isRunning ? trans.__('Starting…') : trans.__('Start a kernel')}
          title={trans.__('Start a kernel in which cells of any notebook run with %%modelop run')}
          isPrimary={true}
          disabled={isRunning}
          onClick={() => run(() => client.startKernel(name))}
        />
        <TextButton label={trans.__('New notebook')} onClick={() => open('notebook')} />
        <TextButton label={trans.__('New console')} onClick={() => open('console')} />
      </div>
      <KernelsPart
        model={name}
        nothing={trans.__(
          'No kernel of this model runs. A kernel has exactly the packages of its environment.'
        )}
      />
    </>
  );
}
