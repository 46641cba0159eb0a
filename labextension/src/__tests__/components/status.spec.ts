import { nullTranslator } from '@jupyterlab/translation';
import type { IPage, JobRecord, JobSummary } from '../../api/types';
import { jobBadge } from '../../components/status';

const RUNNING = jest.requireActual<IPage<JobSummary>>('../../../../tests/wire/jobs-running.json');
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
  has_passed: true,
  state: { text: 'Succeeded', tone: 'good' }
};

describe('jobBadge', () => {
  it('has the words and the colour of the server', () => {
    const state = { text: 'Verdict failed', tone: 'bad' as const };

    expect(jobBadge({ ...JOB, state }, trans)).toMatchObject({
      kind: 'bad',
      text: 'Verdict failed'
    });
  });

  it('says what a running job does now', () => {
    const [{ record, progress }] = RUNNING.rows;

    expect(jobBadge(record, trans, progress).text).toBe(progress?.state.text);
  });

  it('has the words of ModelOp in its title', () => {
    expect(jobBadge(JOB, trans).title).toBe('In ModelOp: COMPLETE SUCCESS');
  });
});
