import type { Registration } from '../api/types';
import type { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

/** How many records a first run after a registration takes. */
export const SAMPLE_RECORDS = 5;

/**
 * Run a model on the first records of its test data, and open the job.
 *
 * Without test data the dialog of a new job asks for an input.
 */
export async function runSample(context: IModelOp, registration: Registration): Promise<void> {
  const { client, changes, commands } = context;
  const { name } = registration.model;
  const asset = testData(registration);
  if (asset === undefined) {
    await commands.execute(CommandIDs.newJob, {
      model: name,
      kind: 'batch',
      limit: SAMPLE_RECORDS
    });
    return;
  }
  const job = await client.submitJob({
    kind: 'batch',
    model: name,
    inputs: [{ asset }],
    limit: SAMPLE_RECORDS
  });
  await changes.refresh();
  await commands.execute(CommandIDs.openJob, { job: job.id });
}

/** Return the test data of a model; a file that the source reads itself holds no records. */
export function testData({ model, source }: Registration): string | undefined {
  const ofTests = model.state.assets.filter(
    ({ path, role }) => role === 'TEST_DATA' && !source?.includes(path.split('/').pop() ?? path)
  );
  const named = ofTests.find(({ path }) => /test|sample/i.test(path));
  return (named ?? ofTests[0])?.path;
}
