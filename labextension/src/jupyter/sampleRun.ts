import type { Kernel } from '@jupyterlab/services';
import type { Submission } from '../api/types';
import { askUntilDone } from '../dialogs/formDialog';
import type { ISampleRecords } from '../dialogs/sampleRecords';
import type { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';
import { tablesOf } from './kernelFacts';

/** How many records a first run after a registration takes. */
export const SAMPLE_RECORDS = 5;

/**
 * Run a model on the first records of its test data, and open the job.
 *
 * Without test data a form asks for records, with the fields of the model's schema, or else of a data frame of
 * the notebook's `kernel`.
 */
export async function runSample(
  context: IModelOp,
  model: string,
  kernel: Kernel.IKernelConnection | null
): Promise<void> {
  const { client } = context;
  const { test_data: asset } = await client.sample(model);
  if (asset !== null) {
    await run(context, { kind: 'batch', model, inputs: [{ asset }], limit: SAMPLE_RECORDS });
    return;
  }
  const { form } = await client.sample(model, await tablesOf(client, kernel));
  const { sampleRecordsDialog } = await import('../dialogs/sampleRecords');
  await askUntilDone<ISampleRecords, void>(
    (before, error) => sampleRecordsDialog(context, { model, form, typed: before?.typed, error }),
    ({ records }) => run(context, { kind: 'batch', model, inputs: [{ records: [...records] }] })
  );
}

async function run({ client, changes, commands }: IModelOp, request: Submission): Promise<void> {
  const job = await client.submitJob(request);
  await changes.refresh();
  await commands.execute(CommandIDs.openJob, { job: job.id });
}
