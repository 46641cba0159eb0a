import type { JobKind, ModelSummary } from '../api/types';
import { jobName } from '../components/jobNames';
import { serverText } from '../components/status';
import type { IModelOp } from '../state/context';
import { choose } from './choose';

/** The most models and jobs that are fetched to choose from. */
const MAX_CHOICES = 1000;

/** Ask for a model, for a job of a kind only those that can run it; return its name, null on cancel. */
export async function chooseModel(
  { client, trans }: IModelOp,
  title: string,
  kind: JobKind | null = null
): Promise<string | null> {
  const { rows } = await client.models({ limit: MAX_CHOICES });
  const models = rows.filter(model => kind === null || canRun(model, kind));
  const functions: Record<JobKind, string> = { batch: 'score', metrics: 'metrics', train: 'train' };
  return choose(
    {
      title,
      what: trans.__('Model'),
      choices: models.map(({ name, description, last_job: job }) => ({
        value: name,
        label: name,
        detail: [description, job && trans.__('last job: %1', serverText(job.state.text, trans))]
          .filter(Boolean)
          .join(', ')
      })),
      nothing:
        kind === null || rows.length === 0
          ? trans.__('There is no model yet. Register a notebook first.')
          : trans.__('No model has a %1 function.', functions[kind])
    },
    trans
  );
}

/** Ask for a job, newest first; return its id, null on cancel. */
export async function chooseJob(
  { client, trans }: IModelOp,
  title: string
): Promise<string | null> {
  const { rows } = await client.jobs({ limit: MAX_CHOICES });
  return choose(
    {
      title,
      what: trans.__('Job'),
      choices: rows.map(({ record, progress }) => ({
        value: record.id,
        label: jobName(record, trans),
        detail: (progress?.state ?? record.state).text
      })),
      nothing: trans.__('There is no job yet. Run a batch first.')
    },
    trans
  );
}

function canRun({ entry_points: points }: ModelSummary, kind: JobKind): boolean {
  return points[kind === 'batch' ? 'score' : kind] !== null;
}
