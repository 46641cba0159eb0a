import { fireEvent, screen, within } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ApiClient } from '../../api/client';
import type { ChallengeView } from '../../api/types';
import { ChallengeOfModel } from '../../mainArea/model/challenge';
import { settled, show } from '../services';

const LAST: NonNullable<ChallengeView['last']> = {
  champion: 'churn@3',
  challenger: 'churn@4',
  challenged: '2026-01-02T03:04:05.000000Z',
  seconds: 3.5,
  records: 1000,
  changed: 40,
  sentence: 'churn@4 is better than churn@3: auc +0.02, p < 0.001.',
  view: { title: '', kind: '', charts: [], html: '', numbers: '' },
  movers: [
    { index: 7, before: 0.1, after: 0.9, moved: 0.8, key: 'r7', record: { land: 'at', age: 9 } },
    { index: 3, before: 0.5, after: 0.2, moved: 0.3, key: 'r3', record: { land: 'de', age: 40 } },
    { index: 5, before: 'no', after: 'yes', moved: null, key: 'r5', record: { land: 'at' } }
  ],
  has_passed: true
};

function showChallenge(view: ChallengeView, client: Partial<ApiClient> = {}) {
  return show(<ChallengeOfModel name="churn" />, { challenge: async () => view, ...client });
}

/** Return the names of the records in the order of the table. */
function names(): string[] {
  return within(screen.getByRole('table'))
    .queryAllByRole('rowheader')
    .map(cell => cell.textContent ?? '');
}

describe('The challenge of a model', () => {
  it('shows nothing where there was none', async () => {
    await showChallenge({});

    expect(document.querySelector('section')).toBeNull();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says who is better, and by what', async () => {
    await showChallenge({ last: LAST });

    expect(screen.getByText('churn@4 challenges churn@3')).toBeInTheDocument();
    expect(screen.getByText('passed')).toBeInTheDocument();
    expect(screen.getByText(LAST.sentence)).toBeInTheDocument();
    expect(screen.getByText('The 3 largest changes of 40')).toBeInTheDocument();
  });

  it('sorts the records by a column, numbers as numbers, and those without a value last', async () => {
    await showChallenge({ last: LAST });
    expect(names()).toEqual(['r7', 'r3', 'r5']);
    fireEvent.click(screen.getByRole('button', { name: 'age' }));
    expect(names()).toEqual(['r7', 'r3', 'r5']);
    fireEvent.click(screen.getByRole('button', { name: 'age' }));
    expect(names()).toEqual(['r3', 'r7', 'r5']);
    fireEvent.click(screen.getByRole('button', { name: 'change' }));

    expect(names()).toEqual(['r3', 'r7', 'r5']);
  });

  it('finds records by a text in any of their values', async () => {
    await showChallenge({ last: LAST });
    const search = screen.getByRole('searchbox');
    fireEvent.change(search, { target: { value: 'AT' } });
    expect(names()).toEqual(['r7', 'r5']);
    expect(screen.getByText('2 of 3 records')).toBeInTheDocument();
    fireEvent.change(search, { target: { value: 'nowhere' } });

    expect(screen.getByText('No record has nowhere in a value.')).toBeInTheDocument();
  });

  it('shows how far both are, and stops them', async () => {
    const stopped: string[] = [];
    const step = { name: 'churn@3 and churn@4', champion: 300, challenger: 200, total: 1000 };
    const run = { is_running: true, is_stopping: false, step };
    await showChallenge(
      { run },
      {
        stopChallenge: async name => {
          stopped.push(name);
          return { run: { ...run, is_stopping: true } };
        }
      }
    );
    expect(screen.getByText('Scoring: 300 and 200 of 1,000 records')).toBeInTheDocument();
    await settled(() =>
      fireEvent.click(screen.getByRole('button', { name: 'Stop the challenge of churn' }))
    );

    expect(stopped).toEqual(['churn']);
    expect(screen.getByText('Stopping…')).toBeInTheDocument();
  });

  it('says why one could not be made, until that is dismissed', async () => {
    const failure = { code: 'invalid', message: 'no such column', hint: 'There are x, y' };
    await showChallenge(
      { run: { is_running: false, is_stopping: false, failure } },
      { stopChallenge: async () => ({}) }
    );
    expect(screen.getByRole('alert')).toHaveTextContent('no such columnThere are x, y');
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Dismiss' })));

    expect(screen.queryByRole('alert')).toBeNull();
  });
});
