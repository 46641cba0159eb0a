import { CommandRegistry } from '@lumino/commands';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import type { Changes, IChange } from '../changes';
import type { Client } from '../client';
import type { IModelOp } from '../context';
import { jobDialog } from '../dialogs/job';
import { Preferences } from '../preferences';
import type { JobDraft } from '../types';
import { Unfolded } from '../unfolded';

const MODEL = { assets: [{ path: 'base.csv', role: 'BASELINE_DATA' }] };

// To jsdom all that is in a dialog is hidden.
const RUN = { name: 'Run', hidden: true };
const LEAVE_OUT = { name: 'Leave out base.csv', hidden: true };

/** Return what a dialog needs of the server: a model that holds one file of data. */
function context(): IModelOp {
  const client = { model: async () => MODEL, line: async () => '%modelop batch m base.csv' };
  return {
    client: client as unknown as Client,
    changes: { changed: new Signal<object, IChange>({}) } as unknown as Changes,
    commands: new CommandRegistry(),
    preferences: new Preferences(),
    rendermime: null,
    trans: nullTranslator.load('modelop-jupyter'),
    unfolded: new Unfolded()
  };
}

/** Open the form of a new job in which so much is chosen. */
async function open(last: Partial<JobDraft>) {
  const start = { model: 'm', kind: 'batch', last, canInsert: true, folder: '' } as const;
  let answer: Promise<unknown> = Promise.resolve();
  await act(async () => {
    answer = jobDialog(context(), { ...start, list: async () => [] });
    await new Promise(resolve => setTimeout(resolve, 50));
  });
  return answer;
}

describe('jobDialog', () => {
  afterEach(async () => {
    fireEvent.click(screen.getByRole('button', { name: 'Cancel', hidden: true }));
    await waitFor(() => expect(screen.queryByText('Run m over a batch')).toBeNull());
  });

  it('waits for an input and says so', async () => {
    void open({});
    const run = await screen.findByRole('button', RUN);

    expect(run).toBeDisabled();
    expect(run).toHaveAttribute('title', 'Choose an input first');
    expect(screen.getByRole('button', { name: 'Insert as cell', hidden: true })).toBeDisabled();
    expect(await screen.findByRole('status', { hidden: true })).toHaveTextContent(
      'Choose an input first'
    );
    const output = screen.getByLabelText('Output');
    fireEvent.input(output, { target: { value: 'out.json' } });
    fireEvent.keyDown(output, { key: 'Enter' });
    expect(run).toBeDisabled();
    expect(screen.getByText('Run m over a batch')).toBeInTheDocument();
  });

  it('runs when one is chosen', async () => {
    void open({});
    fireEvent.click(await screen.findByRole('button', { name: 'Asset base.csv', hidden: true }));

    await waitFor(() => expect(screen.getByRole('button', RUN)).toBeEnabled());
    fireEvent.click(await screen.findByRole('button', LEAVE_OUT));
    await waitFor(() => expect(screen.getByRole('button', RUN)).toBeDisabled());
  });
});
