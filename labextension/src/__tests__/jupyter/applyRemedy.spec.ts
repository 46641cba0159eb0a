import { Dialog } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { screen, waitFor } from '@testing-library/react';
import type { IPage, JobSummary, Remedy } from '../../api/types';
import { applyRemedy, commandLines } from '../../jupyter/applyRemedy';
import type { IModelOp } from '../../state/context';
import { CommandIDs } from '../../tokens';

const { rows } = jest.requireActual<IPage<JobSummary>>('../../../../tests/wire/jobs.json');
const JOB = rows[0].record;

function remedy(...commands: string[][]): Remedy {
  return { text: 'Mend it', commands, options: [] };
}

describe('applyRemedy', () => {
  let done: unknown[];
  let context: IModelOp;

  beforeEach(() => {
    done = [];
    const commands = new CommandRegistry();
    for (const id of [CommandIDs.openRecord, CommandIDs.openJob]) {
      commands.addCommand(id, { execute: args => void done.push([id, args]) });
    }
    commands.addCommand(CommandIDs.register, {
      isEnabled: () => false,
      execute: () => void done.push('registered')
    });
    const client = {
      applyRemedy: async (job: string, applied: Remedy) => {
        done.push([job, applied.commands]);
        return { ...JOB, id: 'new' };
      }
    };
    const trans = nullTranslator.load('modelop-jupyter');
    context = { client, commands, trans } as unknown as IModelOp;
  });

  it('opens a record in a cell', async () => {
    await applyRemedy(context, JOB, remedy(['run', 'churn', '--record', '3f2a1c00:7', '--load']));

    expect(done).toEqual([[CommandIDs.openRecord, { job: JOB.id, model: 'churn', index: 7 }]]);
  });

  it('starts a job without asking, and opens it', async () => {
    const retry = ['job', 'retry', '3f2a1c00', '--timeout', '60'];
    await applyRemedy(context, JOB, remedy(retry));

    expect(done).toEqual([
      [JOB.id, [retry]],
      [CommandIDs.openJob, { job: 'new' }]
    ]);
  });

  it.each([
    [true, 2],
    [false, 0]
  ])('changes a model after confirmation only: %s', async (accept, count) => {
    const add = ['asset', 'add', 'churn', 'my weights.txt', '--folder', '/nb'];
    const applied = applyRemedy(context, JOB, remedy(add, ['job', 'rerun', '3f2a', '--current']));
    const lines = await screen.findByText(/^modelop asset add/);
    const text = lines.textContent;
    const dialog = Dialog.tracker.currentWidget!;
    if (accept) {
      dialog.resolve();
    } else {
      dialog.reject();
    }
    await applied;
    await waitFor(() => expect(document.querySelector('.jp-Dialog')).toBeNull());

    expect(text).toContain("modelop asset add churn 'my weights.txt' --folder /nb");
    expect(done).toHaveLength(count);
  });

  it('says which notebook has to be open to register it', async () => {
    const register = remedy(['register', 'churn', '/nb/churn.ipynb']);

    await expect(applyRemedy(context, JOB, register)).rejects.toThrow(
      'Open the notebook churn.ipynb first'
    );
  });

  it('quotes words with blanks in its lines', () => {
    expect(commandLines(remedy(['asset', 'add', 'm', "it's"]))).toEqual([
      `modelop asset add m 'it'"'"'s'`
    ]);
  });
});
