import * as React from 'react';
import { useLive, useModelOp } from '../context';
import { confirmClearing } from '../dialogs/clearing';
import { bytes, days } from '../format';
import { Problem, TextButton } from './parts';

/** What all jobs take on disk, and the button that frees some of it. */
export function JobsSpace(): JSX.Element | null {
  const { client, changes, trans } = useModelOp();
  const [error, setError] = React.useState<Error | null>(null);
  const found = useLive('jobs usage', ['jobs'], client => client.jobsUsage());
  const usage = found.value;
  const clear = async () => {
    try {
      const would = await client.clearJobs(true);
      const words = {
        nothing: trans.__(
          'No job that may go is older than %1, and all take %2 of %3.',
          ...limits()
        ),
        consequence: trans.__('Metrics stay in the history; outputs that lie elsewhere stay.')
      };
      if (await confirmClearing(would, trans, words)) {
        await client.clearJobs(false);
      }
      setError(null);
    } catch (reason) {
      setError(reason as Error);
    }
    await changes.refresh();
    await found.refresh();
  };
  const limits = (): string[] =>
    usage ? [days(usage.older), bytes(usage.size), bytes(usage.quota)] : [];
  const problem = error ?? found.error;
  if (!usage || usage.jobs === 0) {
    return problem && <Problem error={problem} />;
  }
  return (
    <>
      {problem && <Problem error={problem} />}
      <div className="jp-modelop-bar">
        <span
          className="jp-modelop-muted"
          title={trans.__(
            'Kept for %1 and up to %2; MODELOP_JOBS_OLDER and MODELOP_JOBS_QUOTA say so',
            days(usage.older),
            bytes(usage.quota)
          )}
        >
          {trans._n('%1 job, %2', '%1 jobs, %2', usage.jobs, bytes(usage.size))}
        </span>
        <span className="jp-modelop-spacer" />
        <TextButton
          label={trans.__('Free space…')}
          title={trans.__('Remove old jobs, and the oldest beyond the quota')}
          onClick={() => void clear()}
        />
      </div>
    </>
  );
}
