import { fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import type { ApiClient } from '../../api/client';
import type { ChallengeRequest } from '../../api/types';
import { challengeModelDialog } from '../../dialogs/challengeModel';
import { servicesWith, shown } from '../services';

const TRUTH = 'churned';
const INITIAL: ChallengeRequest = {
  champion: 'm@1',
  challenger: 'm@2',
  inputs: [{ path: 'in.json' }]
};

/** Open the dialog; returns what waits for its answer. */
async function open(initial: ChallengeRequest) {
  const rows = [2, 1].map(number => ({ ref: `m@${number}`, number, name: `label ${number}` }));
  const client = {
    model: async () => ({ assets: [], functions: [] }),
    snapshots: async () => ({ rows, offset: 0, total: 2 })
  } as unknown as Partial<ApiClient>;
  const options = { model: 'm', initial, folder: '', list: async () => [] };
  return shown(() => challengeModelDialog(servicesWith(client), options));
}

/** Return the button that accepts; in jsdom the content of a dialog counts as hidden. */
function accept(): Promise<HTMLElement> {
  return screen.findByRole('button', { name: 'Challenge', hidden: true });
}

describe('challengeModelDialog', () => {
  afterEach(async () => {
    const cancel = screen.queryByRole('button', { name: 'Cancel', hidden: true });
    if (cancel !== null) {
      fireEvent.click(cancel);
    }
    await waitFor(() => expect(document.querySelector('.jp-Dialog')).toBeNull());
  });

  it('waits for two snapshots that differ, and for records', async () => {
    await open({ ...INITIAL, inputs: [] });
    const button = await accept();
    expect(button).toBeDisabled();
    await screen.findAllByText('@2 label 2');
    fireEvent.change(screen.getByLabelText('Challenger'), { target: { value: 'm@1' } });

    await waitFor(() =>
      expect(button).toHaveAttribute('title', 'Challenge waits for two different snapshots')
    );
  });

  it('returns what is asked of the columns, and the rules', async () => {
    const answer = await open(INITIAL);
    const type = (label: string, value: string) =>
      fireEvent.change(screen.getByLabelText(label), { target: { value } });
    type('Label column', ` ${TRUTH} `);
    type('Segment columns', 'land, age,');
    type('Rules, one on each line', 'auc >= ref\n\nagreement > 0.9');
    const button = await accept();
    await waitFor(() => expect(button).toBeEnabled());
    fireEvent.click(button);

    expect(await answer()).toEqual({
      ...INITIAL,
      label: TRUTH,
      segments: ['land', 'age'],
      expect: ['auc >= ref', 'agreement > 0.9']
    });
  });
});
