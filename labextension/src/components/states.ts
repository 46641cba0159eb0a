import type { TranslationBundle } from '@jupyterlab/translation';
import type { JobRecord } from '../types';

type Kind = 'good' | 'bad' | 'busy' | 'plain' | 'warn';

export interface IBadge {
  readonly kind: Kind;
  readonly text: string;
  readonly title?: string;
}

/** Say whether a job has ended. */
export function isDone(job: JobRecord): boolean {
  return job.status === 'COMPLETE' || job.status === 'ERROR' || job.status === 'CANCELLED';
}

/** Return how a job stands, in ModelOp's own two words, and what its verdicts say of the result. */
export function jobBadge(job: JobRecord, trans: TranslationBundle): IBadge {
  const title = trans.__('%1 job %2', job.kind, job.id.slice(0, 8));
  if (!isDone(job)) {
    return { kind: 'busy', text: job.status, title };
  }
  if (job.status === 'CANCELLED') {
    return { kind: 'warn', text: job.status, title };
  }
  const isGood = job.status === 'COMPLETE' && job.result === 'SUCCESS';
  const text = job.status === 'COMPLETE' ? job.result : job.status;
  // The job itself went well; what it found did not.
  if (job.has_passed === false) {
    return { kind: 'bad', text: trans.__('%1, verdict failed', text), title };
  }
  if (job.has_passed === null) {
    const kind = isGood ? 'warn' : 'bad';
    return { kind, text: trans.__('%1, verdict not decided', text), title };
  }
  return { kind: isGood ? 'good' : 'bad', text, title };
}

/** Return how an environment stands. */
export function environmentBadge(state: string): IBadge {
  const kinds: Record<string, Kind> = {
    ready: 'good',
    building: 'busy',
    failed: 'bad',
    drifted: 'warn'
  };
  return { kind: kinds[state] ?? 'plain', text: state };
}
