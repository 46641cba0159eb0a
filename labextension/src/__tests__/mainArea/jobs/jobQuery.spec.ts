import {
  ALL_JOBS,
  isFiltered,
  OUTCOME_LABELS,
  parametersOf,
  removalOf
} from '../../../mainArea/jobs/jobQuery';

// In the afternoon, wherever the tests run.
const NOW = new Date(2026, 10, 23, 15, 30);

describe('parametersOf', () => {
  it('asks for all jobs, the newest first', () => {
    expect(parametersOf(ALL_JOBS, NOW)).toEqual({ sort: 'created', order: 'descending' });
  });

  it('asks for what is chosen', () => {
    const query = {
      ...ALL_JOBS,
      match: ' a.csv ',
      model: 'churn',
      tag: 'fraud',
      kind: 'batch' as const,
      outcome: 'verdict_failed' as const
    };

    expect(parametersOf(query, NOW)).toMatchObject({
      match: 'a.csv',
      model: 'churn',
      tag: 'fraud',
      kind: 'batch',
      result: 'verdict_failed'
    });
  });

  it('asks for running jobs by what the server knows of their processes', () => {
    expect(parametersOf({ ...ALL_JOBS, outcome: 'running' }, NOW)).toMatchObject({
      state: 'running'
    });
  });

  it.each([
    ['today', new Date(2026, 10, 23)],
    ['week', new Date(2026, 10, 17)],
    ['month', new Date(2026, 9, 25)]
  ] as const)('begins a period at midnight: %s', (period, start) => {
    expect(parametersOf({ ...ALL_JOBS, period }, NOW).since).toBe(start.toISOString());
  });

  it('asks for jobs before the midnight that a day begins with', () => {
    const query = { ...ALL_JOBS, period: 'before' as const, before: '2026-01-31' };

    expect(parametersOf(query, NOW)).toMatchObject({
      before: new Date(2026, 0, 31).toISOString()
    });
    expect(parametersOf({ ...query, period: 'today' }, NOW)).not.toHaveProperty('before');
  });
});

describe('isFiltered', () => {
  it('is about which jobs are listed, not about their order', () => {
    expect(isFiltered({ ...ALL_JOBS, sort: 'model' })).toBe(false);
    expect(isFiltered({ ...ALL_JOBS, period: 'today' })).toBe(true);
  });

  it.each(['', '0002-01-31', '0202-01-31'])('waits for the whole day: %p', before => {
    expect(isFiltered({ ...ALL_JOBS, period: 'before', before })).toBe(false);
  });
});

describe('OUTCOME_LABELS', () => {
  it('has the words of the badges', () => {
    expect(OUTCOME_LABELS.map(([, label]) => label)).toEqual([
      'Running',
      'Succeeded',
      'Finished with failed records',
      'Failed',
      'Cancelled',
      'Verdict failed',
      'Verdict not decided'
    ]);
  });
});

describe('removalOf', () => {
  it('is what is chosen, without the order', () => {
    const query = { ...ALL_JOBS, model: 'churn', outcome: 'failed' as const };

    expect(removalOf(query)).toEqual({ model: 'churn', result: 'failed' });
  });

  it('has the tag and the day', () => {
    const query = { ...ALL_JOBS, tag: 'fraud', period: 'before' as const, before: '2026-01-31' };

    expect(removalOf(query)).toEqual({
      tag: 'fraud',
      before: new Date(2026, 0, 31).toISOString()
    });
  });

  it('is nothing for all jobs, and for those that run', () => {
    expect(removalOf(ALL_JOBS)).toBeNull();
    expect(removalOf({ ...ALL_JOBS, model: 'churn', outcome: 'running' })).toBeNull();
    expect(removalOf({ ...ALL_JOBS, period: 'before' })).toBeNull();
    expect(removalOf({ ...ALL_JOBS, match: ' ' })).toBeNull();
  });
});
