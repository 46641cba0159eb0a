import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { JobRecord, Progress } from '../api/types';
import { useModelOp } from '../state/context';
import { clusterSize, DashboardLink } from './cluster';
import { jobTitle } from './jobNames';
import { ProgressBar } from './primitives';

export type BadgeKind = 'good' | 'bad' | 'busy' | 'plain' | 'warn';

/** The properties of a `Badge`. */
export interface IBadge {
  readonly kind: BadgeKind;
  readonly text: string;
  readonly title?: string;
}

/** Return whether a job has ended. */
export function isDone(job: JobRecord): boolean {
  return job.status === 'COMPLETE' || job.status === 'ERROR' || job.status === 'CANCELLED';
}

/** Return the badge of a job: its state in the words of the server, which all front doors use. */
export function jobBadge(
  job: JobRecord,
  trans: TranslationBundle,
  progress: Progress | null = null
): IBadge {
  const { text, tone } = progress?.state ?? job.state;
  const title = trans.__('In ModelOp: %1', words(job));
  return { kind: tone, text, title };
}

/** Return ModelOp's own words for the status and result of a job. */
export function words({ status, result }: JobRecord): string {
  return result === 'UNKNOWN' ? status : `${status} ${result}`;
}

/** Return the badge of an environment's state. */
export function environmentBadge(state: string): IBadge {
  const kinds: Record<string, BadgeKind> = {
    ready: 'good',
    building: 'busy',
    failed: 'bad',
    drifted: 'warn'
  };
  return { kind: kinds[state] ?? 'plain', text: state };
}

/** The progress of a running job: a bar, the step of an environment's build, the engine's cluster. */
export function JobProgress(props: { job: JobRecord; progress: Progress }): JSX.Element {
  const { trans } = useModelOp();
  const { phase, step, bytes, total_bytes: total, cluster, chunks } = props.progress;
  return (
    <>
      <ProgressBar
        value={phase === 'running' && total ? bytes / total : null}
        label={trans.__('Progress of %1', jobTitle(props.job, trans))}
      />
      {phase === 'environment' && step && (
        <div className="jp-modelop-muted">{`${step.step} ${step.text}`}</div>
      )}
      {cluster && (
        <div className="jp-modelop-muted">
          {chunks && trans.__('%1/%2 chunks · ', chunks.done, chunks.total)}
          {clusterSize(cluster, trans)}
          <DashboardLink address={cluster.dashboard} />
        </div>
      )}
    </>
  );
}
