import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { Query, RecordSearch } from '../../api/types';
import { RecordsTab } from '../../mainArea/jobRecords';
import { settled, show } from '../services';
import { JOB } from '../endedJob';

const ALL = { rows: [{ name: 'Ann', score: 2 }, { name: 'Bob' }], offset: 0, total: 2 };
const FOUND: RecordSearch = {
  rows: [{ number: 7, record: { name: 'Zoë', score: 9 } }],
  offset: 0,
  total: 1,
  searched: 100_000,
  is_whole: false
};

/** Show the output; the requests for what is searched are returned. */
async function showRecords(): Promise<Query<'search_records'>[]> {
  const asked: Query<'search_records'>[] = [];
  await show(<RecordsTab job={JOB} />, {
    outputRecords: async () => ALL,
    findRecords: async (_, query) => {
      asked.push(query ?? {});
      return FOUND;
    }
  });
  return asked;
}

describe('RecordsTab', () => {
  it('shows the records with their numbers and all columns', async () => {
    await showRecords();

    expect(screen.getAllByRole('columnheader').map(({ textContent }) => textContent)).toEqual([
      '#',
      'name',
      'score'
    ]);
    expect(screen.getByRole('row', { name: '1 Bob' })).toBeInTheDocument();
  });

  it('has the server sort by a column: up, down, not', async () => {
    const asked = await showRecords();
    const header = screen.getByRole('columnheader', { name: 'score' });
    const click = () => settled(() => fireEvent.click(within(header).getByRole('button')));
    await click();
    expect(header).toHaveAttribute('aria-sort', 'ascending');
    await click();
    expect(header).toHaveAttribute('aria-sort', 'descending');
    await click();
    expect(header).toHaveAttribute('aria-sort', 'none');

    expect(asked.map(({ sort, order }) => `${sort} ${order}`)).toEqual([
      'score ascending',
      'score descending'
    ]);
    expect(screen.getByRole('row', { name: '1 Bob' })).toBeInTheDocument();
  });

  it('says how much of a large output was searched', async () => {
    const asked = await showRecords();
    fireEvent.change(screen.getByLabelText(/Find records/), { target: { value: 'zo' } });

    await waitFor(() =>
      expect(screen.getByRole('status')).toHaveTextContent(
        '1 of the first 100,000 records; the rest was not searched'
      )
    );
    expect(screen.getByRole('row', { name: '7 Zoë 9' })).toBeInTheDocument();
    expect(asked[0].match).toBe('zo');
  });
});
