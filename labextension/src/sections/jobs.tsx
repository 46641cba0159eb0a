import { HTMLSelect, deleteIcon, refreshIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { steadyFor, useClock } from '../clock';
import { Badge, Empty, IconButton, Problem, ProgressBar } from '../components/parts';
import { JobsSpace } from '../components/space';
import { isDone, jobBadge } from '../components/states';
import { useLive, useModelOp } from '../context';
import { ago, count, duration, moment, secondsBetween } from '../format';
import { CommandIDs } from '../tokens';
import type { JobLine, Progress } from '../types';

const PAGE = 25;

/** The jobs of every model, the running ones with their progress. */
export function JobsSection(): JSX.Element {
  const { trans } = useModelOp();
  const [state, setState] = React.useState<'' | 'running' | 'done'>('');
  const [limit, setLimit] = React.useState(PAGE);
  const jobs = useLive(`jobs ${state} ${limit}`, ['jobs'], client =>
    client.jobs({ limit, state: state || undefined })
  );
  const page = jobs.value;
  return (
    <div className="jp-modelop-section">
      <div className="jp-modelop-bar">
        <HTMLSelect
          className="jp-modelop-filter"
          aria-label={trans.__('Which jobs')}
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
          onClick={() => void jobs.refresh()}
        />
      </div>
      <JobsSpace />
      {jobs.error && <Problem error={jobs.error} />}
      {page?.total === 0 && (
        <Empty>
          {state === 'running'
            ? trans.__('No job is running.')
            : trans.__('No jobs yet. Open a model above and run a batch.')}
        </Empty>
      )}
      <ul className="jp-modelop-list" aria-label={trans.__('Jobs')}>
        {page?.rows.map(line => (
          <li key={line.record.id}>
            <JobRow line={line} />
          </li>
        ))}
      </ul>
      {page && page.total > page.rows.length && (
        <button
          type="button"
          className="jp-modelop-more"
          onClick={() => setLimit(Math.min(limit + PAGE, 1000))}
        >
          {trans.__('Show more (%1 of %2 shown)', page.rows.length, page.total)}
        </button>
      )}
    </div>
  );
}

/** One job in a line or two; opens in the main area. */
export function JobRow({ line }: { line: JobLine }): JSX.Element {
  const { commands, trans } = useModelOp();
  const job = line.record;
  const id = job.id.slice(0, 8);
  useClock(steadyFor(job.created));
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
        <Badge {...jobBadge(job, trans)} />
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
      {line.progress && <JobProgress line={line} progress={line.progress} />}
      <div className="jp-modelop-muted" title={moment(job.created)}>
        {said(line)}
      </div>
    </div>
  );
}

/** How far a running job is. */
export function JobProgress(props: { line: JobLine; progress: Progress }): JSX.Element {
  const { trans } = useModelOp();
  const { bytes, total_bytes: total, step } = props.progress;
  const share = total ? bytes / total : null;
  return (
    <>
      <ProgressBar
        value={props.progress.phase === 'running' ? share : null}
        label={trans.__('Progress of job %1', props.line.record.id.slice(0, 8))}
      />
      {props.progress.phase === 'environment' && step && (
        <div className="jp-modelop-muted">{`${step.step} ${step.text}`}</div>
      )}
    </>
  );
}

function said({ record, progress }: JobLine): string {
  const { counts } = record;
  const parts = [];
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
