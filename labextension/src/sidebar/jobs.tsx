import { HTMLSelect, deleteIcon, refreshIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { JobSummary } from '../api/types';
import { engineOf } from '../components/cluster';
import { ago, count, duration, moment, secondsBetween } from '../components/format';
import { ShowMore } from '../components/pager';
import { Badge, EmptyMessage, ErrorMessage, IconButton } from '../components/primitives';
import { isDone, jobBadge, JobProgress } from '../components/status';
import { ageInterval, useInterval } from '../components/useInterval';
import { useModelOp } from '../state/context';
import { useServerQuery } from '../state/queries';
import { CommandIDs } from '../tokens';
import { JobsDiskUsage } from './jobsDiskUsage';

const PAGE_SIZE = 25;

/** The jobs of all models, newest first, with the progress of the running ones. */
export function JobsSection(): JSX.Element {
  const { trans } = useModelOp();
  const [state, setState] = React.useState<'' | 'running' | 'done'>('');
  const [limit, setLimit] = React.useState(PAGE_SIZE);
  const {
    data: page,
    error,
    refetch
  } = useServerQuery({
    key: ['jobs', state, limit],
    topics: ['jobs'],
    fetch: client => client.jobs({ limit, state: state || undefined })
  });
  return (
    <div className="jp-modelop-section">
      <div className="jp-modelop-bar">
        <HTMLSelect
          className="jp-modelop-filter"
          aria-label={trans.__('Filter jobs')}
          value={state}
          onChange={event => setState(event.target.value as '' | 'running' | 'done')}
        >
          <option value="">{trans.__('All jobs')}</option>
          <option value="running">{trans.__('Running')}</option>
          <option value="done">{trans.__('Ended')}</option>
        </HTMLSelect>
        <span className="jp-modelop-spacer" />
        <IconButton
          icon={refreshIcon}
          label={trans.__('Refresh jobs')}
          onClick={() => void refetch()}
        />
      </div>
      <JobsDiskUsage />
      {error && <ErrorMessage error={error} />}
      {page?.total === 0 && (
        <EmptyMessage>
          {state === 'running'
            ? trans.__('No job is running.')
            : trans.__('No jobs yet. Open a model above and run a batch.')}
        </EmptyMessage>
      )}
      <ul className="jp-modelop-list" aria-label={trans.__('Jobs')}>
        {page?.rows.map(summary => (
          <li key={summary.record.id}>
            <JobRow summary={summary} />
          </li>
        ))}
      </ul>
      {page && (
        <ShowMore
          shown={page.rows.length}
          total={page.total}
          limit={limit}
          step={PAGE_SIZE}
          onMore={setLimit}
        />
      )}
    </div>
  );
}

/** A job in two lines; a click opens it in the main area. */
function JobRow({ summary }: { summary: JobSummary }): JSX.Element {
  const { commands, trans } = useModelOp();
  const { record: job, progress } = summary;
  const id = job.id.slice(0, 8);
  useInterval(ageInterval(job.created));
  return (
    <div className="jp-modelop-job">
      <div className="jp-modelop-row">
        <button
          type="button"
          className="jp-modelop-link jp-modelop-name"
          title={trans.__('Open job %1', id)}
          onClick={() => void commands.execute(CommandIDs.openJob, { job: job.id })}
        >
          {job.kind} {job.model}@{job.snapshot}
        </button>
        <Badge {...jobBadge(job, trans, progress)} />
        {!isDone(job) && (
          <IconButton
            icon={stopIcon}
            label={trans.__('Stop job %1', id)}
            onClick={() => void commands.execute(CommandIDs.stopJob, { job: job.id })}
          />
        )}
        {isDone(job) && (
          <IconButton
            icon={deleteIcon}
            label={trans.__('Remove job %1', id)}
            onClick={() => void commands.execute(CommandIDs.removeJob, { job: job.id })}
          />
        )}
      </div>
      {progress && <JobProgress job={job} progress={progress} />}
      <div className="jp-modelop-muted" title={moment(job.created)}>
        {countsAndTimes(summary)}
      </div>
    </div>
  );
}

function countsAndTimes({ record, progress }: JobSummary): string {
  const { counts } = record;
  const parts = [];
  const engine = engineOf(record);
  if (engine !== null) {
    parts.push(engine);
  }
  if (record.kind === 'batch' || counts.records_in > 0) {
    parts.push(`${count(counts.scored)} scored`);
    if (counts.rejected > 0) {
      parts.push(`${count(counts.rejected)} rejected`);
    }
    if (counts.failed > 0) {
      parts.push(`${count(counts.failed)} failed`);
    }
  }
  if (progress?.rate) {
    parts.push(`${count(Math.round(progress.rate))}/s`);
  }
  if (progress && progress.seconds_left !== null) {
    parts.push(`${duration(progress.seconds_left)} left`);
  }
  if (record.started && record.ended) {
    parts.push(duration(secondsBetween(record.started, record.ended)));
  }
  parts.push(ago(record.created));
  return parts.join(' · ');
}

export { JobRow };
