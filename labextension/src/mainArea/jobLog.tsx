import * as React from 'react';
import type { JobRecord } from '../api/types';
import { GrowingLog } from '../components/growingLog';
import { useModelOp } from '../state/context';

/** The log of a job, updated until the job ends. */
export function LogTab({ job }: { job: JobRecord }): JSX.Element {
  const { client } = useModelOp();
  const fetchPart = React.useCallback(
    async (cursor: string | null) => {
      const part = await client.log(job.id, cursor ?? '0-0');
      return { lines: part.lines, next: part.cursor, isDone: part.is_done };
    },
    [client, job.id]
  );
  return <GrowingLog fetchPart={fetchPart} />;
}
