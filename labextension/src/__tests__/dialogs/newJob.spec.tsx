import { fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import type { ApiClient, IErrorBody } from '../../api/client';
import { ApiError } from '../../api/client';
import type { EngineChoices, JobDraft, JobKind } from '../../api/types';
import type { IFileEntry } from '../../dialogs/filePicker';
import type { INewJob } from '../../dialogs/newJob';
import { newJobDialog } from '../../dialogs/newJob';
import { servicesWith, shown } from '../services';

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

const SERVER = {
  model: async () => MODEL,
  engines: async () => ENGINES,
  connections: async () => ['shop'],
  magicLine: async () => '%modelop batch m base.csv'
} as unknown as Partial<ApiClient>;

/** Open the dialog of a new job with these initial values; returns what waits for its answer. */
async function open(
  initial: Partial<JobDraft>,
  error: Error | null = null,
  kind: JobKind = 'batch',
  files: readonly IFileEntry[] = []
) {
  const options = { model: 'm', kind, initial, canInsertCell: true, folder: '' } as const;
  return shown(() =>
    newJobDialog(servicesWith(SERVER), { ...options, list: async () => files }, error)
  );
}

describe('newJobDialog', () => {
  afterEach(async () => {
    const cancel = screen.queryByRole('button', { name: 'Cancel', hidden: true });
    if (cancel !== null) {
      fireEvent.click(cancel);
    }
    await waitFor(() => expect(document.querySelector('.jp-Dialog')).toBeNull());
  });

  it('disables Run without an input, and shows why', async () => {
    await open({});
    const run = await screen.findByRole('button', RUN);

    expect(run).toBeDisabled();
    expect(run).toHaveAttribute('title', 'Run waits for an input: choose a file or an asset');
    expect(screen.getByRole('button', { name: 'Insert as cell', hidden: true })).toBeDisabled();
    const waits = screen.getByText('Run waits for an input: choose a file or an asset');
    expect(waits).toHaveAttribute('role', 'status');
    const output = screen.getByLabelText('Output');
    fireEvent.input(output, { target: { value: 'out.json' } });
    fireEvent.keyDown(output, { key: 'Enter' });
    expect(run).toBeDisabled();
    expect(screen.getByText('Run a batch with m')).toBeInTheDocument();
  });

  it('disables Run while a limit is not a value, and says what it takes', async () => {
    const answer = await open({ inputs: [{ asset: 'base.csv' }] });
    const run = await screen.findByRole('button', RUN);
    await waitFor(() => expect(run).toBeEnabled());
    fireEvent.change(screen.getByLabelText('Memory'), { target: { value: 'much' } });
    await waitFor(() => expect(run).toBeDisabled());
    expect(run).toHaveAttribute('title', 'Memory: enter a size such as 2GB or 500MB');
    fireEvent.change(screen.getByLabelText('Memory'), { target: { value: '1.5 GB' } });
    fireEvent.change(screen.getByLabelText('Seconds for a record'), { target: { value: '.5' } });
    fireEvent.change(screen.getByLabelText('Maximum errors'), { target: { value: '1%' } });
    fireEvent.change(screen.getByLabelText('Further tries of a record'), {
      target: { value: '2' }
    });
    fireEvent.change(screen.getByLabelText('Exceptions to try again after'), {
      target: { value: 'OSError, requests.exceptions' }
    });
    await waitFor(() => expect(run).toBeEnabled());
    fireEvent.click(run);

    const { request } = (await answer()) as INewJob;
    expect(request).toMatchObject({
      memory: 1.5e9,
      record_timeout: 0.5,
      max_errors: { percent: 1 },
      retry: 2,
      retry_on: ['OSError', 'requests.exceptions']
    });
  });

  it('says in the title of the folded limits what is set', async () => {
    await open({ inputs: [{ asset: 'base.csv' }], workers: 4, memory: 2_000_000_000 });

    expect(await screen.findByText('Memory: 2GB · Workers: 4')).toBeInTheDocument();
    expect(screen.getByLabelText('Workers').closest('details')).not.toHaveAttribute('open');
  });

  it('disables Run while the parameters are no object', async () => {
    await open({ inputs: [{ asset: 'base.csv' }] });
    const run = await screen.findByRole('button', RUN);
    await waitFor(() => expect(run).toBeEnabled());
    fireEvent.change(screen.getByLabelText('Parameters'), { target: { value: '{"a"' } });

    await waitFor(() => expect(run).toBeDisabled());
    expect(run.title).toContain('Parameters: enter an object');
  });

  it('sends the rules of a metrics job, with what they refer to', async () => {
    const answer = await open({ inputs: [{ asset: 'base.csv' }] }, null, 'metrics');
    const rules = await screen.findByLabelText('Rules, one on each line');
    expect(screen.queryByLabelText("Result that 'ref' means")).toBeNull();
    fireEvent.change(rules, { target: { value: 'auc >= 0.9\n\n auc >= ref ' } });
    fireEvent.change(await screen.findByLabelText("Result that 'ref' means"), {
      target: { value: 'm@2' }
    });
    fireEvent.click(await screen.findByRole('button', RUN));

    const { request } = (await answer()) as INewJob;
    expect(request).toMatchObject({ expect: ['auc >= 0.9', 'auc >= ref'], against: 'm@2' });
  });

  it('lists files with data first, then folders, then others; Enter takes the first', async () => {
    const entries = ['a.py', 'b', 'c.parquet', 'd.csv.zst'].map(name => ({
      name,
      path: name,
      isFolder: name === 'b'
    }));
    await open({}, null, 'batch', entries);
    const files = await screen.findByRole('list', { name: 'Files', hidden: true });
    await waitFor(() => expect(files.children).toHaveLength(4));
    expect([...files.children].map(entry => entry.textContent)).toEqual([
      'c.parquet',
      'd.csv.zst',
      'b',
      'a.py'
    ]);
    const filter = screen.getByLabelText('Filter files');
    fireEvent.change(filter, { target: { value: 'csv' } });
    await waitFor(() => expect(files.children).toHaveLength(1));
    fireEvent.keyDown(filter, { key: 'Enter' });

    expect(
      await screen.findByRole('button', { name: 'Remove d.csv.zst', hidden: true })
    ).toBeInTheDocument();
    expect(screen.getByText('Run a batch with m')).toBeInTheDocument();
  });

  it('disables Run until the cluster has an address', async () => {
    await open({ inputs: [{ asset: 'base.csv' }] });
    const run = await screen.findByRole('button', RUN);
    await waitFor(() => expect(run).toBeEnabled());
    const engine = await screen.findByLabelText('Run on');
    fireEvent.change(engine, { target: { value: 'dask://' } });

    await waitFor(() => expect(run).toBeDisabled());
    expect(run).toHaveAttribute('title', 'Enter the address of the cluster');
  });

  it('reads the input in the format that the server proposes', async () => {
    const body = jest.requireActual<IErrorBody>('../../../../tests/wire/problem.json');
    await open({ inputs: [{ asset: 'base.csv' }] }, new ApiError(body, 422));
    // The line is fetched meanwhile, which is no reason to hide why the job was refused.
    await screen.findByText('%modelop batch m base.csv');
    expect(screen.getByRole('alert', { hidden: true })).toHaveTextContent(body.message);
    fireEvent.click(screen.getByRole('button', { name: 'Read it as csv', hidden: true }));

    expect(await screen.findByText('Input is read as csv')).toBeInTheDocument();
    expect(screen.queryByRole('alert', { hidden: true })).toBeNull();
  });

  it('asks for the connection of a query, and of nothing else', async () => {
    const answer = await open({ inputs: [{ asset: 'base.csv' }] });
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

    const { request } = (await answer()) as INewJob;
    expect(request).toMatchObject({ connection: 'shop', inputs: [{}, { asset: 'late.sql' }] });
  });

  it('sends no connection without a query', async () => {
    const answer = await open({ inputs: [{ asset: 'base.csv' }], connection: 'shop' });
    const run = await screen.findByRole('button', RUN);
    await waitFor(() => expect(run).toBeEnabled());
    fireEvent.click(run);

    const { request } = (await answer()) as INewJob;
    expect(request).not.toHaveProperty('connection');
  });

  it('enables Run with an input', async () => {
    await open({});
    fireEvent.click(await screen.findByRole('button', { name: 'Asset base.csv', hidden: true }));

    await waitFor(() => expect(screen.getByRole('button', RUN)).toBeEnabled());
    fireEvent.click(await screen.findByRole('button', REMOVE));
    await waitFor(() => expect(screen.getByRole('button', RUN)).toBeDisabled());
  });
});
