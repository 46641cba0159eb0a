import { fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import type { ApiClient } from '../../api/client';
import type { Deployment, ModelDetail, Snapshot } from '../../api/types';
import { deployModelDialog, parseTime } from '../../dialogs/deployModel';
import { DEPLOYED } from '../deployed';
import { page, servicesWith, shown, wire } from '../services';

// In jsdom the content of a dialog counts as hidden.
const DEPLOY = { name: 'Deploy', hidden: true };

/** Open the dialog for a model that is deployed like this; returns what waits for its answer. */
async function open(present: Deployment | null, error: Error | null = null) {
  const client: Partial<ApiClient> = {
    model: async () => wire<ModelDetail>('model'),
    snapshots: async () => page({ ref: 'churn@1', number: 1, name: 'v1' } as unknown as Snapshot)
  };
  const options = { model: 'churn', present, initial: {} };
  return shown(() => deployModelDialog(servicesWith(client), options, error));
}

function type(label: string, value: string): void {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
}

describe('deployModelDialog', () => {
  afterEach(async () => {
    const cancel = screen.queryByRole('button', { name: 'Cancel', hidden: true });
    if (cancel !== null) {
      fireEvent.click(cancel);
    }
    await waitFor(() => expect(document.querySelector('.jp-Dialog')).toBeNull());
  });

  it('deploys the model as it is now where nothing is chosen', async () => {
    const answer = await open(null);
    fireEvent.click(await screen.findByRole('button', DEPLOY));

    expect(await answer()).toEqual({});
  });

  it('asks for a snapshot and how it answers', async () => {
    const answer = await open(null);
    await screen.findByText('@1 v1');
    type('Snapshot', '1');
    type('Replicas', 'auto');
    type('Stop after', '3600');
    type('Port', '8010');
    type('Capture file', 'live/churn.jsonl');
    fireEvent.click(screen.getByRole('button', DEPLOY));

    expect(await answer()).toEqual({
      snapshot: 1,
      replicas: 'auto',
      lifetime: 3600,
      port: 8010,
      capture: 'live/churn.jsonl'
    });
  });

  it('waits for values that can be used, and says which', async () => {
    const answer = await open(null);
    const deploy = await screen.findByRole('button', DEPLOY);
    type('Replicas', 'some');
    await waitFor(() => expect(deploy).toBeDisabled());
    expect(deploy).toHaveAttribute('title', 'Replicas: enter a number up to 1000, or auto');
    type('Replicas', '2');
    type('Stop after', 'other');
    type('Time', 'soon');
    expect(
      await screen.findByText('Stop after: enter a time such as 30m, 8h or 2d')
    ).toBeInTheDocument();
    expect(screen.getByLabelText('Time')).toHaveAttribute('aria-invalid', 'true');
    type('Time', '90m');
    await waitFor(() => expect(deploy).toBeEnabled());
    fireEvent.click(deploy);

    expect(await answer()).toEqual({ replicas: 2, lifetime: 5400 });
  });

  it('offers a shadow only where another snapshot answers, which keeps its port', async () => {
    const answer = await open(DEPLOYED);
    expect(screen.queryByLabelText('Port')).toBeNull();
    expect(screen.getByLabelText('Replicas')).toHaveAttribute('placeholder', 'as it was: 2');
    fireEvent.click(screen.getByRole('checkbox', { hidden: true }));
    fireEvent.click(screen.getByRole('button', DEPLOY));

    expect(await answer()).toEqual({ shadow: true });
  });

  it('offers no shadow for a deployment that was stopped', async () => {
    await open({ ...DEPLOYED, state: 'stopped' });

    expect(screen.queryByRole('checkbox', { hidden: true })).toBeNull();
    expect(screen.getByLabelText('Port')).toHaveAttribute('placeholder', 'as it was: 8003');
  });

  it('takes away the end and the capture of a deployment that had them', async () => {
    const options = { ...DEPLOYED.options, lifetime: 7200, capture: '/data/live.jsonl' };
    const answer = await open({ ...DEPLOYED, options });
    expect(screen.getByText('as it was: 2 h 0 min')).toBeInTheDocument();
    type('Stop after', '0');
    fireEvent.click(screen.getByLabelText(/Keep inputs and outputs no more/));
    expect(screen.queryByLabelText('Capture file')).toBeNull();
    fireEvent.click(screen.getByRole('button', DEPLOY));

    expect(await answer()).toEqual({ lifetime: 0, capture: '' });
  });

  it('is shown again with the error of a deployment that was refused', async () => {
    await open(null, new Error('port 8003 is taken by python'));

    expect(await screen.findByText('port 8003 is taken by python')).toBeInTheDocument();
  });
});

describe('parseTime', () => {
  it.each([
    ['90s', 90],
    ['30 m', 1800],
    ['1.5h', 5400],
    ['2D', 172_800],
    ['0s', 0],
    ['500d', undefined],
    ['8', undefined],
    ['soon', undefined]
  ])('reads %j as %p seconds', (text, seconds) => {
    expect(parseTime(text)).toBe(seconds);
  });
});
