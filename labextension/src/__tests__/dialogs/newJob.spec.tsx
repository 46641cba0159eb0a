import { CommandRegistry } from '@lumino/commands';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { act, configure, fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import type { ChangeFeed, IChange } from '../../api/changes';
import type { ApiClient, IErrorBody } from '../../api/client';
import { ApiError } from '../../api/client';
import type { EngineChoices, JobDraft } from '../../api/types';
import type { INewJob } from '../../dialogs/newJob';
import { newJobDialog } from '../../dialogs/newJob';
import type { IModelOp } from '../../state/context';
import { ExpansionState } from '../../state/expansionState';
import { Preferences } from '../../state/preferences';
import { createQueryClient } from '../../state/queries';

// Searches by role take seconds on a busy machine.
configure({ asyncUtilTimeout: 20_000 });
jest.setTimeout(60_000);

const MODEL = {
  assets: [
    { path: 'base.csv', role: 'BASELINE_DATA' },
    { path: 'late.sql', role: 'UNKNOWN' },
    { path: 'notes.txt', role: 'UNKNOWN' }
  ]
};

const ENGINES: EngineChoices = { names: ['local', 'dask'], default: 'local', addresses: [] };

// In jsdom the content of a dialog counts as hidden.
const RUN = { name: 'Run', hidden: true };
const REMOVE = { name: 'Remove base.csv', hidden: true };

/** Return the services of a server with one model, which has one data asset. */
function context(): IModelOp {
  const client = {
    model: async () => MODEL,
    engines: async () => ENGINES,
    connections: async () => ['shop'],
    magicLine: async () => '%modelop batch m base.csv'
  };
  const changes = { changed: new Signal<object, IChange>({}) } as unknown as ChangeFeed;
  return {
    client: client as unknown as ApiClient,
    changes,
    commands: new CommandRegistry(),
    preferences: new Preferences(),
    queries: createQueryClient(changes),
    rendermime: null,
    trans: nullTranslator.load('modelop-jupyter'),
    expansionState: new ExpansionState()
  };
}

/** Open the dialog of a new job with these initial values. */
async function open(initial: Partial<JobDraft>, error: Error | null = null) {
  const options = { model: 'm', kind: 'batch', initial, canInsertCell: true, folder: '' } as const;
  let answer: Promise<unknown> = Promise.resolve();
  await act(async () => {
    answer = newJobDialog(context(), { ...options, list: async () => [] }, error);
    await new Promise(resolve => setTimeout(resolve, 50));
  });
  return { result: answer };
}

describe('newJobDialog', () => {
  afterEach(async () => {
    const cancel = screen.queryByRole('button', { name: 'Cancel', hidden: true });
    if (cancel !== null) {
      fireEvent.click(cancel);
    }
    await waitFor(() => expect(screen.queryByText('Run a batch with m')).toBeNull());
  });

  it('disables Run without an input, and shows why', async () => {
    void open({});
    const run = await screen.findByRole('button', RUN);

    expect(run).toBeDisabled();
    expect(run).toHaveAttribute('title', 'Run waits for an input: choose a file or an asset');
    expect(screen.getByRole('button', { name: 'Insert as cell', hidden: true })).toBeDisabled();
    expect(await screen.findByRole('status', { hidden: true })).toHaveTextContent(
      'Run waits for an input: choose a file or an asset'
    );
    const output = screen.getByLabelText('Output');
    fireEvent.input(output, { target: { value: 'out.json' } });
    fireEvent.keyDown(output, { key: 'Enter' });
    expect(run).toBeDisabled();
    expect(screen.getByText('Run a batch with m')).toBeInTheDocument();
  });

  it('disables Run until the cluster has an address', async () => {
    void open({ inputs: [{ asset: 'base.csv' }] });
    const run = await screen.findByRole('button', RUN);
    await waitFor(() => expect(run).toBeEnabled());
    const engine = await screen.findByLabelText('Run on');
    fireEvent.change(engine, { target: { value: 'dask://' } });

    await waitFor(() => expect(run).toBeDisabled());
    expect(run).toHaveAttribute('title', 'Enter the address of the cluster');
  });

  it('reads the input in the format that the server proposes', async () => {
    const body = jest.requireActual<IErrorBody>('../../../../tests/wire/problem.json');
    void open({ inputs: [{ asset: 'base.csv' }] }, new ApiError(body, 422));
    // The line is fetched meanwhile, which is no reason to hide why the job was refused.
    await screen.findByText('%modelop batch m base.csv');
    expect(screen.getByRole('alert', { hidden: true })).toHaveTextContent(body.message);
    fireEvent.click(screen.getByRole('button', { name: 'Read it as csv', hidden: true }));

    expect(await screen.findByText('Input is read as csv')).toBeInTheDocument();
    expect(screen.queryByRole('alert', { hidden: true })).toBeNull();
  });

  it('asks for the connection of a query, and of nothing else', async () => {
    const answer = open({ inputs: [{ asset: 'base.csv' }] });
    const run = await screen.findByRole('button', RUN);
    await waitFor(() => expect(run).toBeEnabled());
    expect(screen.queryByLabelText('Connection of the query')).toBeNull();
    expect(screen.queryByText('Asset notes.txt')).toBeNull();
    fireEvent.click(await screen.findByText('Asset late.sql'));
    const connection = await screen.findByLabelText('Connection of the query');
    await waitFor(() => expect(run).toBeDisabled());
    expect(run).toHaveAttribute('title', 'Enter the connection of the query');
    await waitFor(() => expect(document.querySelector('option[value="shop"]')).not.toBeNull());
    fireEvent.change(connection, { target: { value: 'shop' } });
    await waitFor(() => expect(run).toBeEnabled());
    fireEvent.click(run);

    const { request } = (await (await answer).result) as INewJob;
    expect(request).toMatchObject({ connection: 'shop', inputs: [{}, { asset: 'late.sql' }] });
  });

  it('sends no connection without a query', async () => {
    const answer = open({ inputs: [{ asset: 'base.csv' }], connection: 'shop' });
    const run = await screen.findByRole('button', RUN);
    await waitFor(() => expect(run).toBeEnabled());
    fireEvent.click(run);

    const { request } = (await (await answer).result) as INewJob;
    expect(request).not.toHaveProperty('connection');
  });

  it('enables Run with an input', async () => {
    void open({});
    fireEvent.click(await screen.findByRole('button', { name: 'Asset base.csv', hidden: true }));

    await waitFor(() => expect(screen.getByRole('button', RUN)).toBeEnabled());
    fireEvent.click(await screen.findByRole('button', REMOVE));
    await waitFor(() => expect(screen.getByRole('button', RUN)).toBeDisabled());
  });
});
