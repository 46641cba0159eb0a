import { fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import type { Snapshot } from '../../api/types';
import { exportModelDialog, firstExport } from '../../dialogs/exportModel';
import { servicesWith, shown } from '../services';

// In jsdom the content of a dialog counts as hidden.
const EXPORT = { name: 'Export', hidden: true };
const SNAPSHOT = { ref: 'churn@2', number: 2, name: 'before the weights' } as Snapshot;

async function open() {
  const initial = firstExport('churn', 'work');
  const options = { model: 'churn', snapshots: [SNAPSHOT], initial };
  return shown(() => exportModelDialog(servicesWith({}), options, null));
}

describe('exportModelDialog', () => {
  it('offers one file in the folder of the file browser', async () => {
    const answer = await open();
    fireEvent.click(await screen.findByLabelText(/wheels/));
    fireEvent.click(await screen.findByRole('button', EXPORT));

    expect(await answer()).toEqual({
      ref: 'churn',
      request: { path: 'work/churn.zip', format: 'modelop', wheels: true }
    });
  });

  it('names a folder where the format is one, and asks for nothing that it cannot hold', async () => {
    const answer = await open();
    fireEvent.change(await screen.findByLabelText('Version'), { target: { value: 'churn@2' } });
    fireEvent.click(screen.getByLabelText(/wheels/));
    fireEvent.change(screen.getByLabelText('Format'), { target: { value: 'git' } });
    expect(screen.queryByLabelText(/wheels/)).toBeNull();
    fireEvent.change(screen.getByLabelText('Folder'), { target: { value: '' } });
    const button = await screen.findByRole('button', EXPORT);
    await waitFor(() => expect(button).toBeDisabled());
    fireEvent.change(screen.getByLabelText('Folder'), { target: { value: 'out/churn-2' } });
    await waitFor(() => expect(button).toBeEnabled());
    fireEvent.click(button);

    expect(await answer()).toEqual({
      ref: 'churn@2',
      request: { path: 'out/churn-2', format: 'git' }
    });
  });
});
