import * as React from 'react';
import { bytes, days } from '../components/format';
import { ErrorMessage, TextButton } from '../components/primitives';
import { confirmCleanup } from '../dialogs/confirmCleanup';
import { useModelOp } from '../state/context';
import { useAction, useServerQuery } from '../state/queries';

/** The disk usage of all jobs, and a button that removes old jobs. */
export function JobsDiskUsage(): JSX.Element | null {
  const { client, trans } = useModelOp();
  const action = useAction();
  const {
    data: usage,
    error: fetchError,
    refetch
  } = useServerQuery({
    key: ['jobs usage'],
    topics: ['jobs'],
    fetch: client => client.jobsUsage()
  });
  const error = action.error ?? fetchError;
  const problem = error && <ErrorMessage error={error} />;
  if (!usage || usage.jobs === 0) {
    return problem;
  }
  const cleanUp = async () => {
    const report = await client.cleanUpJobs(true);
    const texts = {
      nothing: trans.__(
        'No removable job is older than %1, and all jobs use %2 of %3.',
        days(usage.older),
        bytes(usage.size),
        bytes(usage.quota)
      ),
      consequence: trans.__(
        'Metrics stay in the history; outputs outside the job folders are kept.'
      )
    };
    if (await confirmCleanup(report, trans, texts)) {
      await client.cleanUpJobs(false);
    }
    await refetch();
  };
  return (
    <>
      {problem}
      <div className="jp-modelop-bar">
        <span
          className="jp-modelop-muted"
          title={trans.__(
            'Kept for %1 and up to %2 (MODELOP_JOBS_OLDER, MODELOP_JOBS_QUOTA)',
            days(usage.older),
            bytes(usage.quota)
          )}
        >
          {trans._n('%1 job, %2', '%1 jobs, %2', usage.jobs, bytes(usage.size))}
        </span>
        <span className="jp-modelop-spacer" />
        <TextButton
          label={trans.__('Free space…')}
          name={trans.__('Free space of jobs…')}
          title={trans.__('Remove old jobs, and the oldest jobs beyond the quota')}
          onClick={() => action.run(cleanUp)}
        />
      </div>
    </>
  );
}
