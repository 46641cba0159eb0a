import { screen } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { JobDetail, JobRecord } from '../../api/types';
import { JobView } from '../../mainArea/jobView';
import { JOB } from '../endedJob';
import { page, settled, show } from '../services';

const RUNNING: JobRecord = {
  ...JOB,
  status: 'RUNNING',
  result: 'UNKNOWN',
  ended: null,
  counts: { records_in: 0, scored: 0, rejected: 0, failed: 0, records_out: 0 },
  state: { text: 'Running', tone: 'busy' }
};

describe('JobView', () => {
  it.each([
    ['Errors (2)', 0],
    ['Output', 9]
  ])('shows %j of a job that ends while it is open, with %i records', async (name, out) => {
    let record = RUNNING;
    const { changed } = await show(<JobView id={JOB.id} onName={() => undefined} />, {
      job: async () =>
        ({ record, progress: null, output: null, remedies: [], size: 0 }) as unknown as JobDetail,
      model: async () => Promise.reject(new Error('no such model')),
      outputUrl: () => '/out',
      outputRecords: async () => page(),
      recordErrors: async () => page(),
      errorGroups: async () => []
    });
    const tab = (label: string) => screen.getByRole('tab', { name: label });
    expect(tab('Output')).toHaveAttribute('aria-selected', 'true');

    const counts = { records_in: 11, scored: out, rejected: 0, failed: 2, records_out: out };
    record = { ...JOB, counts };
    await settled(() => changed.emit({ topics: ['jobs'], jobs: [] }));

    expect(tab(name)).toHaveAttribute('aria-selected', 'true');
  });
});
