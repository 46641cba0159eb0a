import * as React from 'react';
import type { JobRecord } from '../../api/types';
import { ErrorMessage, TextButton } from '../../components/primitives';
import { isDone } from '../../components/status';
import { useModelOp } from '../../state/context';
import { useAction } from '../../state/queries';
import { CommandIDs } from '../../tokens';

/** What can be done with the selected jobs; a button that cannot be used says why. */
export function SelectionActions(props: {
  selected: readonly JobRecord[];
  onClear: () => void;
}): JSX.Element {
  const { client, commands, trans } = useModelOp();
  const { selected, onClear } = props;
  const { run, error, isRunning } = useAction();
  const running = selected.filter(job => !isDone(job));
  const none = selected.length === 0;
  const compareReason =
    selected.length !== 2
      ? trans.__('Select two jobs to compare them')
      : running.length > 0
        ? trans.__('Only jobs that have ended can be compared')
        : undefined;
  const removeReason = none
    ? trans.__('Select the jobs to remove')
    : running.length > 0
      ? trans.__('A job that runs cannot be removed: stop it first')
      : undefined;
  const stopReason = none
    ? trans.__('Select the jobs to stop')
    : running.length === 0
      ? trans.__('None of the selected jobs runs')
      : undefined;
  const compare = () => {
    // The older one first: it is what the other is compared with.
    const [first, second] = [...selected].sort((one, other) =>
      one.created.localeCompare(other.created)
    );
    void commands.execute(CommandIDs.compareJobs, { job: first.id, other: second.id });
  };
  const remove = async () => {
    if (await commands.execute(CommandIDs.removeJobs, { jobs: selected.map(({ id }) => id) })) {
      onClear();
    }
  };
  return (
    <>
      <div className="jp-modelop-actions" role="toolbar" aria-label={trans.__('Selected jobs')}>
        <TextButton label={trans.__('Compare')} reason={compareReason} onClick={compare} />
        <TextButton
          label={trans.__('Stop')}
          reason={stopReason}
          disabled={isRunning}
          onClick={() => run(() => Promise.all(running.map(({ id }) => client.cancelJob(id))))}
        />
        <TextButton
          label={trans.__('Remove…')}
          reason={removeReason}
          disabled={isRunning}
          onClick={() => void remove()}
        />
        <span className="jp-modelop-muted" role="status">
          {none
            ? trans.__('No job is selected')
            : trans._n(
                '%1 job is selected',
                '%1 jobs are selected',
                selected.length,
                selected.length
              )}
        </span>
        {!none && <TextButton label={trans.__('Clear the selection')} onClick={onClear} />}
      </div>
      {error && <ErrorMessage error={error} />}
    </>
  );
}
