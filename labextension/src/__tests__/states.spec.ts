import { nullTranslator } from '@jupyterlab/translation';
import { jobBadge } from '../components/states';
import type { JobRecord } from '../types';

const trans = nullTranslator.load('modelop-jupyter');

const JOB: JobRecord = {
  id: '3f2a1c00-0000-4000-8000-000000000000',
  kind: 'metrics',
  model: 'churn',
  snapshot: 2,
  status: 'COMPLETE',
  result: 'SUCCESS',
  created: '2026-11-23T10:00:00Z',
  started: '2026-11-23T10:00:01Z',
  ended: '2026-11-23T10:00:03Z',
  inputs: [],
  output: null,
  parameters: {},
  options: {},
  counts: { records_in: 0, scored: 0, rejected: 0, failed: 0, records_out: 0 },
  messages: [],
  environment: null,
  packages: null,
  error: null,
  proof: null,
  has_passed: true
};

describe('jobBadge', () => {
  it.each([
    [{}, 'good', 'SUCCESS'],
    [{ has_passed: false }, 'bad', 'SUCCESS, verdict failed'],
    [{ has_passed: null }, 'warn', 'SUCCESS, verdict not decided'],
    [{ result: 'FAILURE', has_passed: null }, 'bad', 'FAILURE, verdict not decided'],
    [{ result: 'FAILURE' }, 'bad', 'FAILURE'],
    [{ status: 'ERROR', result: 'FAILURE' }, 'bad', 'ERROR'],
    [{ status: 'CANCELLED', result: 'UNKNOWN' }, 'warn', 'CANCELLED'],
    [{ status: 'RUNNING', result: 'UNKNOWN' }, 'busy', 'RUNNING']
  ] as const)('of %j is %s: %s', (part, kind, text) => {
    expect(jobBadge({ ...JOB, ...part }, trans)).toMatchObject({ kind, text });
  });
});
