import type { JobRecord } from '../api/types';

/** A batch that has ended with bad records. */
export const JOB: JobRecord = {
  id: '3f2a1c00-0000-4000-8000-000000000000',
  kind: 'batch',
  model: 'churn',
  snapshot: 2,
  status: 'COMPLETE',
  result: 'FAILURE',
  created: '2026-11-23T10:00:00Z',
  started: '2026-11-23T10:00:01Z',
  ended: '2026-11-23T10:00:03Z',
  inputs: [],
  output: '/out.json',
  parameters: {},
  options: {},
  counts: { records_in: 12, scored: 9, rejected: 1, failed: 2, records_out: 9 },
  messages: [],
  environment: null,
  packages: null,
  error: null,
  proof: null,
  has_passed: true,
  state: { text: 'Finished with 3 failed records', tone: 'bad' }
};
