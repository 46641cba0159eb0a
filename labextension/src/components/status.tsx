import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { JobRecord, Progress, ResourceUsage } from '../api/types';
import { useModelOp } from '../state/context';
import { clusterSize, DashboardLink } from './cluster';
import { bytes, count, roundedCount, wholeDuration } from './format';
import { jobTitle } from './jobNames';
import { ProgressBar } from './primitives';

/** Less than this of a core or GPU is not worth a word. */
const LEAST_SHOWN = 0.05;

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

/** Return a text of the server that has no values in it, which the catalogue takes from the server. */
export function serverText(text: string, trans: TranslationBundle): string {
  // tools/catalogue.py finds it where the server says it.
  // eslint-disable-next-line jupyter/no-dynamic-translation
  return trans.gettext(text);
}

/** Return the badge of a job: its state in the words of the server, which all front doors use. */
export function jobBadge(
  job: JobRecord,
  trans: TranslationBundle,
  progress: Progress | null = null
): IBadge {
  const { text, tone } = progress?.state ?? job.state;
  const title = trans.__('In ModelOp: %1', words(job));
  return { kind: tone, text: serverText(text, trans), title };
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

/** Return how much of a running job is done, 0 to 1; null where it is not known. */
export function doneFraction({ phase, bytes, total_bytes: total }: Progress): number | null {
  return phase === 'running' && total ? bytes / total : null;
}

/**
 * Return how far a running job is in words: `1,200 of about 5,000 records`, `300/s`, `12 s left`.
 *
 * The live line of a notebook's cell says the same.
 */
export function progressParts(
  job: JobRecord,
  { rate, seconds_left: left, total, usage }: Progress,
  trans: TranslationBundle
): string[] {
  const parts: string[] = [];
  const { records_in: read } = job.counts;
  if (total !== null && total > read) {
    parts.push(
      total === mostRecords(job)
        ? trans.__('%1 of %2 records', count(read), count(total))
        : trans.__('%1 of about %2 records', count(read), roundedCount(total))
    );
  }
  if (rate) {
    parts.push(trans.__('%1/s', count(Math.round(rate))));
  }
  if (left !== null && left >= 1) {
    parts.push(trans.__('%1 left', wholeDuration(left)));
  }
  return usage ? [...parts, ...usageParts(usage, trans)] : parts;
}

/** Return what a job takes of memory, cores and GPUs: `1.2 GB`, `3.9 cores`, `0.9 GPUs, 10.0 GB`. */
export function usageParts(usage: ResourceUsage, trans: TranslationBundle): string[] {
  const { memory, cores, gpus, gpu_memory: gpuMemory } = usage;
  const parts: string[] = [];
  if (memory) {
    parts.push(bytes(memory));
  }
  if (cores && cores >= LEAST_SHOWN) {
    parts.push(trans.__('%1 cores', cores.toFixed(1)));
  }
  if (gpuMemory || (gpus && gpus >= LEAST_SHOWN)) {
    const busy = trans.__('%1 GPUs', (gpus ?? 0).toFixed(1));
    parts.push(gpuMemory ? `${busy}, ${bytes(gpuMemory)}` : busy);
  }
  return parts;
}

/** Return the number of records after which a job stops, null without a limit; it is for each input. */
export function mostRecords({ options, inputs }: JobRecord): number | null {
  const limit = (options['limits'] as { records?: number | null } | undefined)?.records ?? null;
  // All bad records of another job are scored again, whatever limit that job had.
  const isOfFailed = (options['origin'] as { verb?: string } | null)?.verb === 'failed';
  return limit === null || isOfFailed ? null : limit * inputs.length;
}

/** The progress of a running job: a bar, the step of an environment's build, the engine's cluster. */
export function JobProgress(props: { job: JobRecord; progress: Progress }): JSX.Element {
  const { trans } = useModelOp();
  const { phase, step, cluster, chunks } = props.progress;
  return (
    <>
      <ProgressBar
        value={doneFraction(props.progress)}
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
