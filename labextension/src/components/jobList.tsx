import type { TranslationBundle } from '@jupyterlab/translation';
import { deleteIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { IPage, JobSummary } from '../api/types';
import { useModelOp } from '../state/context';
import { CommandIDs } from '../tokens';
import { engineOf } from './cluster';
import { ago, byAuthor, count, duration, moment, secondsBetween } from './format';
import { jobName } from './jobNames';
import { ShowMore } from './pager';
import { Badge, IconButton } from './primitives';
import { isDone, jobBadge, JobProgress, progressParts } from './status';
import { ageInterval, useInterval } from './useInterval';

/** Jobs in two lines each, and a button that shows more of them. */
export function JobList(props: {
  page: IPage<JobSummary>;
  /** The accessible name of the list. */
  label: string;
  limit: number;
  step: number;
  onMore: (limit: number) => void;
}): JSX.Element {
  const { rows, total } = props.page;
  return (
    <>
      <ul className="jp-modelop-list" aria-label={props.label}>
        {rows.map(summary => (
          <li key={summary.record.id}>
            <JobRow summary={summary} />
          </li>
        ))}
      </ul>
      <ShowMore
        shown={rows.length}
        total={total}
        limit={props.limit}
        step={props.step}
        onMore={props.onMore}
      />
    </>
  );
}

/** A job in two lines; a click opens it in the main area. */
export function JobRow({ summary }: { summary: JobSummary }): JSX.Element {
  const { commands, trans } = useModelOp();
  const { record: job, progress } = summary;
  const name = jobName(job, trans);
  useInterval(ageInterval(job.created));
  return (
    <div className="jp-modelop-job" data-job={job.id}>
      <div className="jp-modelop-row">
        <button
          type="button"
          className="jp-modelop-link jp-modelop-name"
          title={trans.__('Open %1', name)}
          onClick={() => void commands.execute(CommandIDs.openJob, { job: job.id })}
        >
          {job.kind} {job.model}@{job.snapshot}
        </button>
        <Badge {...jobBadge(job, trans, progress)} />
        {!isDone(job) && (
          <IconButton
            icon={stopIcon}
            label={trans.__('Stop %1', name)}
            onClick={() => void commands.execute(CommandIDs.stopJob, { job: job.id })}
          />
        )}
        {isDone(job) && (
          <IconButton
            icon={deleteIcon}
            label={trans.__('Remove %1', name)}
            onClick={() => void commands.execute(CommandIDs.removeJob, { job: job.id })}
          />
        )}
      </div>
      {progress && <JobProgress job={job} progress={progress} />}
      <div
        className="jp-modelop-muted"
        title={byAuthor(moment(job.created), job.created_by, trans)}
      >
        {countsAndTimes(summary, trans)}
      </div>
    </div>
  );
}

function countsAndTimes({ record, progress }: JobSummary, trans: TranslationBundle): string {
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
    if (counts.retried) {
      parts.push(`${count(counts.retried)} retried`);
    }
  }
  if (progress) {
    parts.push(...progressParts(record, progress, trans));
  }
  if (record.started && record.ended) {
    parts.push(duration(secondsBetween(record.started, record.ended)));
  }
  parts.push(ago(record.created));
  return parts.join(' · ');
}
