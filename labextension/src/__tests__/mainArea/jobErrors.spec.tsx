import { screen } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { JobRecord, RecordError } from '../../api/types';
import { ErrorsTab } from '../../mainArea/jobErrors';
import { show as showView } from '../services';

const ERROR: RecordError = {
  index: 7,
  stage: 'model',
  message: 'no age',
  exception: 'ValueError',
  traceback: null,
  slot: 0,
  record: null
};

/** Show the errors of a job. */
function show(rows: RecordError[]) {
  const client = {
    recordErrors: async () => ({ rows, offset: 0, total: rows.length }),
    errorGroups: async () => []
  };
  const job = { id: '3f2a1c00', model: 'm' } as unknown as JobRecord;
  return showView(<ErrorsTab job={job} />, client);
}

describe('ErrorsTab', () => {
  it.each([
    [{}, 'record 7'],
    [{ file: 'b.json' }, 'record 7 in b.json'],
    [{ slot: 2 }, 'record 7 of slot 2']
  ])('names a record with its file or slot: %j', async (place, name) => {
    await show([{ ...ERROR, ...place }]);

    expect(await screen.findByText(name)).toBeInTheDocument();
  });

  it('shows what a record printed, and how often it was tried', async () => {
    await show([{ ...ERROR, printed: 'at 7', tries: 3 }]);

    expect(await screen.findByText('at 7')).toBeInTheDocument();
    expect(screen.getByText(/no age.*\(tried 3 times\)/)).toBeInTheDocument();
  });

  it.each([
    ['UserWarning', 1],
    ['ValueError', 0]
  ])('says of a %s why it fails a record', async (exception, notes) => {
    await show([{ ...ERROR, exception }]);

    expect(screen.queryAllByText(/A UserWarning fails its record/)).toHaveLength(notes);
  });
});
