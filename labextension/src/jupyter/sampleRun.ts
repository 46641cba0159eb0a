import type { Kernel } from '@jupyterlab/services';
import type { KernelTable, Submission } from '../api/types';
import type { ISampleRecords } from '../dialogs/sampleRecords';
import type { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';
import { tablesOf } from './kernelFacts';
import { within } from './within';

/** How many records a first run after a registration takes. */
export const SAMPLE_RECORDS = 5;

/** How long to wait for the kernel's data frames, in milliseconds: a busy kernel does not answer. */
const KERNEL_TIMEOUT = 3000;

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
  const tables: readonly KernelTable[] =
    (kernel && (await within(KERNEL_TIMEOUT, tablesOf(client, kernel)))) ?? [];
  const { form } = await client.sample(model, tables);
  const { sampleRecordsDialog } = await import('../dialogs/sampleRecords');
  let answer: ISampleRecords | null = null;
  let error: Error | null = null;
  for (;;) {
    answer = await sampleRecordsDialog(context, { model, form, typed: answer?.typed, error });
    if (answer === null) {
      return;
    }
    try {
      const inputs = [{ records: [...answer.records] }];
      await run(context, { kind: 'batch', model, inputs });
      return;
    } catch (reason) {
      // The dialog is shown again with the error and all values.
      error = reason as Error;
    }
  }
}

async function run({ client, changes, commands }: IModelOp, request: Submission): Promise<void> {
  const job = await client.submitJob(request);
  await changes.refresh();
  await commands.execute(CommandIDs.openJob, { job: job.id });
}
