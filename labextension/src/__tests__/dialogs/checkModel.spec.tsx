import { fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import type { ApiClient } from '../../api/client';
import type { CheckRequest } from '../../api/types';
import { checkModelDialog } from '../../dialogs/checkModel';
import { servicesWith, shown } from '../services';

// In jsdom the content of a dialog counts as hidden.
const CHECK = { name: 'Check', hidden: true };

/** Open the dialog for a model with these functions; returns what waits for its answer. */
async function open(initial: CheckRequest, ...kinds: string[]) {
  const assets = [
    { path: 'base.csv', role: 'BASELINE_DATA' },
    { path: 'late.sql', role: 'UNKNOWN' }
  ];
  const model = { assets, functions: kinds.map(kind => ({ kind })) };
  const client = { model: async () => model } as unknown as Partial<ApiClient>;
  const options = { model: 'm', initial, folder: '', list: async () => [] };
  return shown(() => checkModelDialog(servicesWith(client), options));
}

describe('checkModelDialog', () => {
  afterEach(async () => {
    const cancel = screen.queryByRole('button', { name: 'Cancel', hidden: true });
    if (cancel !== null) {
      fireEvent.click(cancel);
    }
    await waitFor(() => expect(document.querySelector('.jp-Dialog')).toBeNull());
  });

  it('waits for a sample, and takes an asset with data', async () => {
    const answer = await open({}, 'score');
    const check = await screen.findByRole('button', CHECK);
    expect(check).toBeDisabled();
    expect(check).toHaveAttribute('title', 'Check waits for a sample: choose a file or an asset');
    expect(screen.queryByText('Asset late.sql')).toBeNull();
    fireEvent.click(await screen.findByText('Asset base.csv'));
    await waitFor(() => expect(check).toBeEnabled());
    fireEvent.click(check);

    expect(await answer()).toEqual({ inputs: [{ asset: 'base.csv' }] });
  });

  it('has an input for a metrics function, which may stay empty', async () => {
    const answer = await open({ inputs: [{ path: 'in.json' }] }, 'score', 'metrics');
    const metrics = await screen.findByRole('group', {
      name: 'Input of the metrics function, if it is to be checked',
      hidden: true
    });
    expect(metrics).toHaveTextContent('Add a file…');
    const check = await screen.findByRole('button', CHECK);
    await waitFor(() => expect(check).toBeEnabled());
    fireEvent.click(check);

    expect(await answer()).toEqual({ inputs: [{ path: 'in.json' }] });
  });
});
