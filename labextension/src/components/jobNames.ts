import type { TranslationBundle } from '@jupyterlab/translation';
import type { JobRecord } from '../api/types';
import { ago } from './format';

/** Return what a job is: `batch of churn@2`. */
export function jobTitle({ kind, model, snapshot }: JobRecord, trans: TranslationBundle): string {
  return trans.__('%1 of %2', kind, `${model}@${snapshot}`);
}

/** Return what tells a job from others without its id: `batch of churn@2, started 2 minutes ago`. */
export function jobName(job: JobRecord, trans: TranslationBundle): string {
  const title = jobTitle(job, trans);
  return job.started
    ? trans.__('%1, started %2', title, ago(job.started))
    : trans.__('%1, submitted %2', title, ago(job.created));
}
