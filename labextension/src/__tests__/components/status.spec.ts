import { nullTranslator } from '@jupyterlab/translation';
import type { IPage, JobRecord, JobSummary } from '../../api/types';
import { jobBadge, progressParts } from '../../components/status';

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

describe('progressParts', () => {
  const [{ progress }] = RUNNING.rows;
  const running = { ...progress!, total: 1234, rate: 99.6, seconds_left: 3.4, usage: null };
  const job = { ...JOB, counts: { ...JOB.counts, records_in: 500 } };

  it('rounds an estimated total, as the line of a cell does', () => {
    expect(progressParts(job, running, trans)).toEqual([
      '500 of about 1,230 records',
      '100/s',
      '3 s left'
    ]);
  });

  it('says what the job takes of memory, cores and GPUs', () => {
    const usage = { memory: 1.2e9, cores: 3.94, gpus: 0.87, gpu_memory: 1e10 };
    expect(progressParts(job, { ...running, usage }, trans).slice(3)).toEqual([
      '1.2 GB',
      '3.9 cores',
      '0.9 GPUs, 10.0 GB'
    ]);
  });

  it('says the total of a limit, which is for each input', () => {
    const input = { name: 'a', path: '/a', format: 'csv', size: 1, digest: null };
    const limited = {
      ...job,
      inputs: [input, input],
      options: { limits: { records: 617 }, origin: null }
    };

    expect(progressParts(limited, running, trans)[0]).toBe('500 of 1,234 records');
  });

  it('says no total that is already counted', () => {
    expect(progressParts(job, { ...running, total: 500, seconds_left: 0.4 }, trans)).toEqual([
      '100/s'
    ]);
  });
});
