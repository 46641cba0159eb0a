import { Dialog, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';
import type { JobFilter } from '../../api/types';
import { bytes, count } from '../../components/format';
import { ErrorMessage, TextButton } from '../../components/primitives';
import { useModelOp } from '../../state/context';
import { useAction } from '../../state/queries';

/** A button that removes all jobs which the filters of the list choose, after it was asked. */
export function RemoveShown({ filter }: { filter: JobFilter | null }): JSX.Element | null {
  const { client, changes, trans } = useModelOp();
  const { run, error, isRunning } = useAction();
  if (filter === null) {
    return null;
  }
  const remove = async () => {
    const asked = performance.now();
    const report = await client.removableJobs(filter);
    const removed = report.cleared.length;
    const kept = report.spared.length;
    const stay = trans._n(
      '%2 job stays: it runs, is pinned, or another job needs it.',
      '%2 jobs stay: they run, are pinned, or another job needs them.',
      kept,
      count(kept)
    );
    if (removed === 0) {
      const body = kept > 0 ? stay : trans.__('No job has all of this any more.');
      const buttons = [Dialog.okButton()];
      await showDialog({ title: trans.__('Nothing to remove'), body, buttons });
      return;
    }
    const consequence = trans.__(
      '%1 are freed. Output, errors and log are deleted; outputs outside the job folders and the metrics in the history are kept.',
      bytes(report.freed)
    );
    const answer = await showDialog({
      title: trans._n('Remove %2 job?', 'Remove %2 jobs?', removed, count(removed)),
      body: kept > 0 ? `${consequence} ${stay}` : consequence,
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Remove') })]
    });
    if (answer.button.accept) {
      // Not those that have ended since: they are not among the number that was named.
      await client.removeMatchingJobs(filter, (performance.now() - asked) / 1000);
      await changes.refresh();
    }
  };
  return (
    <>
      <TextButton
        label={trans.__('Remove all shown…')}
        title={trans.__('Remove the jobs that the search and the choices have found')}
        disabled={isRunning}
        onClick={() => run(remove)}
      />
      {error && <ErrorMessage error={error} />}
    </>
  );
}
