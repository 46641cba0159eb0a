import type { JobDraft, JobKind, JobWish } from './types';

const COMMON = ['kind', 'model', 'inputs', 'parameters'] as const;

// Which options each kind of job takes besides; a server would refuse the others by name.
const OPTIONS: Readonly<Record<JobKind, readonly (keyof JobDraft)[]>> = {
  batch: [
    'output',
    'schemas',
    'max_errors',
    'limit',
    'timeout',
    'record_timeout',
    'memory',
    'workers'
  ],
  metrics: ['output', 'reference', 'timeout', 'memory'],
  train: []
};

/** Return what a draft asks the server for: the options of its kind, and no empty ones. */
export function wishOf(draft: JobDraft): JobWish {
  const names = [...COMMON, ...OPTIONS[draft.kind]];
  const given = names.filter(name => draft[name] !== undefined);
  return Object.fromEntries(given.map(name => [name, draft[name]])) as JobWish;
}
