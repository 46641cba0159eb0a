import * as React from 'react';
import type { JobRecord } from '../api/types';
import { moment } from '../components/format';
import { jobTitle } from '../components/jobNames';
import { Badge, ErrorMessage } from '../components/primitives';
import { jobBadge } from '../components/status';
import { useModelOp } from '../state/context';
import { useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';
import { MetricsView } from './jobMetrics';

/** What differs between two jobs: in a sentence, then in tables and charts. */
export function ComparisonView({ job, other }: { job: string; other: string }): JSX.Element {
  const { trans } = useModelOp();
  const { data, error } = useServerQuery({
    key: ['comparison', job, other],
    // Jobs that have ended do not change.
    topics: [],
    fetch: client => client.comparison(job, other)
  });
  if (!data) {
    return error ? <ErrorMessage error={error} /> : <div role="status">{trans.__('Loading…')}</div>;
  }
  return (
    <div className="jp-modelop-jobView">
      <header className="jp-modelop-jobHead">
        <h2>{trans.__('Two jobs compared')}</h2>
        <p>{data.sentence}</p>
        <ul className="jp-modelop-list">
          {data.jobs.map(each => (
            <li key={each.id}>
              <ComparedJob job={each} />
            </li>
          ))}
        </ul>
      </header>
      <MetricsView view={data.view} />
    </div>
  );
}

function ComparedJob({ job }: { job: JobRecord }): JSX.Element {
  const { commands, trans } = useModelOp();
  return (
    <div className="jp-modelop-row">
      <code>{job.id.slice(0, 8)}</code>
      <button
        type="button"
        className="jp-modelop-link"
        onClick={() => void commands.execute(CommandIDs.openJob, { job: job.id })}
      >
        {jobTitle(job, trans)}
      </button>
      <Badge {...jobBadge(job, trans)} />
      <span className="jp-modelop-muted">{moment(job.created)}</span>
    </div>
  );
}
