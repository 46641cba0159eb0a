import { act, fireEvent, screen } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ApiClient } from '../../api/client';
import { ApiError } from '../../api/client';
import type {
  EngineState,
  CleanupReport,
  ExampleList,
  IPage,
  JobSummary,
  JobRecord,
  JobsUsage,
  ModelSummary,
  ResultView
} from '../../api/types';
import { MetricsTab } from '../../mainArea/jobMetrics';
import { JobsSection } from '../../sidebar/jobs';
import { ModelsSection } from '../../sidebar/models';
import { CommandIDs } from '../../tokens';
import { JOB } from '../endedJob';
import { page, settled, show as showView, wire } from '../services';

const RUNNING: JobRecord['state'] = { text: 'Running', tone: 'busy' };

const VERDICT_FAILED: JobRecord['state'] = { text: 'Verdict failed', tone: 'bad' };

const MODEL: ModelSummary = {
  name: 'churn',
  description: '',
  snapshot: 2,
  assets: 1,
  entry_points: { init: null, score: 'action', metrics: null, train: null },
  modified: '2026-11-23T10:00:00Z',
  last_job: JOB,
  environment: 'failed',
  step: null,
  failure: 'there is no package of this name'
};

const NO_JOBS: JobsUsage = { jobs: 0, size: 0, older: 0, quota: 0 };

/** Render a section with these responses of the server; `disabled` are commands that cannot be used. */
const show = (section: JSX.Element, client: Partial<ApiClient>, disabled: readonly string[] = []) =>
  showView(section, { jobsUsage: async () => NO_JOBS, ...client }, { disabled });

const NO_MODELS = {
  models: async () => page<ModelSummary>(),
  examples: async () => wire<ExampleList>('examples')
};

describe('ModelsSection', () => {
  it('shows what the first model needs, and inserts it into the open notebook', async () => {
    const { executed } = await show(<ModelsSection />, NO_MODELS);
    fireEvent.click(screen.getByRole('button', { name: 'Insert into notebook' }));

    expect(screen.getByText(/No models yet/)).toBeInTheDocument();
    expect(screen.getByLabelText('A tagged function')).toHaveTextContent(
      '# modelop.score def score(record):'
    );
    expect(executed).toEqual([
      [CommandIDs.insertSnippet, { source: wire<ExampleList>('examples').snippet }]
    ]);
  });

  it('copies what the first model needs where no notebook is open', async () => {
    await show(<ModelsSection />, NO_MODELS, [CommandIDs.insertSnippet]);

    expect(screen.getByRole('button', { name: 'Copy' })).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Insert into notebook' })).toBeNull();
  });

  it('opens an example while there are no models', async () => {
    const { executed } = await show(<ModelsSection />, NO_MODELS);
    fireEvent.click(screen.getByRole('button', { name: 'Faults to find' }));

    expect(executed).toEqual([[CommandIDs.openExample, { name: 'faults' }]]);
  });

  it('says that nothing matches a filter, without examples', async () => {
    const rows = Array.from({ length: 9 }, (_, index) => ({ ...MODEL, name: `m${index}` }));
    await show(<ModelsSection />, {
      models: async query => (query?.match ? page<ModelSummary>() : page(...rows))
    });
    await settled(() =>
      fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'zebra' } })
    );

    expect(screen.getByText('No model is found by zebra.')).toBeInTheDocument();
    expect(screen.queryByText(/No models yet/)).toBeNull();
  });

  it('shows a model with its snapshot, environment and last job', async () => {
    await show(<ModelsSection />, { models: async () => page(MODEL) });

    expect(screen.getByRole('button', { name: 'churn' })).toHaveTextContent('churn@2');
    expect(screen.getByRole('listitem')).toHaveTextContent(
      'Environment: build failedLast job: Finished with 3 failed records'
    );
  });

  it('shows a failed verdict in red', async () => {
    const failed = { ...JOB, has_passed: false, state: VERDICT_FAILED };
    await show(<ModelsSection />, { models: async () => page({ ...MODEL, last_job: failed }) });

    expect(screen.getByText('Verdict failed').parentElement).toHaveClass('jp-modelop-mod-bad');
  });

  it('runs the jobs that a model has functions for', async () => {
    const points = { ...MODEL.entry_points, metrics: 'metrics' };
    const other = { ...MODEL, name: 'monitor', entry_points: { ...points, score: null } };
    const { executed } = await show(<ModelsSection />, { models: async () => page(MODEL, other) });
    fireEvent.click(screen.getByRole('button', { name: 'Run a batch with churn' }));
    fireEvent.click(screen.getByRole('button', { name: 'Run the metrics of monitor' }));

    expect(screen.queryByRole('button', { name: 'Run the metrics of churn' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Run a batch with monitor' })).toBeNull();
    expect(executed).toEqual([
      [CommandIDs.newJob, { model: 'churn', kind: 'batch' }],
      [CommandIDs.newJob, { model: 'monitor', kind: 'metrics' }]
    ]);
  });

  it('has training and all else in a menu', async () => {
    const points = { ...MODEL.entry_points, train: 'fit' };
    const { executed } = await show(<ModelsSection />, {
      models: async () => page({ ...MODEL, entry_points: points })
    });
    fireEvent.click(screen.getByRole('button', { name: 'More actions for churn' }));
    const menu = document.querySelector('.jp-modelop-menu')!;
    fireEvent.keyDown(menu, { key: 'Enter', keyCode: 13 });

    expect(executed).toEqual([[CommandIDs.newJob, { model: 'churn', kind: 'train' }]]);
  });

  it('shows the error of the server with its hint', async () => {
    const problem = { code: 'home', message: 'cannot be read', hint: 'Look at its rights' };
    await show(<ModelsSection />, {
      models: async () => {
        throw new ApiError(problem, 503);
      }
    });

    expect(screen.getByRole('alert')).toHaveTextContent('cannot be readLook at its rights');
  });

  it('shows a name with HTML as text', async () => {
    const name = '<img src=x onerror=alert(1)>';
    await show(<ModelsSection />, { models: async () => page({ ...MODEL, name }) });

    expect(screen.getByRole('button', { name })).toBeInTheDocument();
    expect(document.querySelector('img')).toBeNull();
  });
});

describe('JobsSection', () => {
  const running: JobSummary = {
    record: { ...JOB, status: 'RUNNING', result: 'UNKNOWN', ended: null, state: RUNNING },
    progress: {
      state: RUNNING,
      phase: 'running',
      step: null,
      bytes: 25,
      total_bytes: 100,
      rate: 1234,
      seconds_left: 75,
      total: null,
      usage: null,
      cluster: null,
      chunks: null
    }
  };

  it('shows the progress of a running job, also to screen readers', async () => {
    await show(<JobsSection />, { jobs: async () => page(running) });

    expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '25');
    expect(
      screen.getByText(/9 scored · 1 rejected · 2 failed · 1,234\/s · 1 min 15 s left/)
    ).toBeInTheDocument();
  });

  it('shows where a job runs, what the cluster has, and its dashboard', async () => {
    const cluster = wire<EngineState>('engine');
    const { record, progress } = running;
    const onEngine: JobSummary = {
      record: { ...record, options: { engine: 'dask://scheduler.example:8786' } },
      progress: progress && { ...progress, cluster, chunks: { done: 12, total: 40 } }
    };
    await show(<JobsSection />, { jobs: async () => page(onEngine) });

    expect(screen.getByText(/^dask:\/\/scheduler.example:8786 · 9 scored/)).toBeInTheDocument();
    expect(screen.getByText(/12\/40 chunks · 3 nodes, 24 slots/)).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'Dashboard' })).toHaveAttribute(
      'href',
      cluster.dashboard
    );
  });

  it('stops a running job', async () => {
    const { executed } = await show(<JobsSection />, { jobs: async () => page(running) });
    fireEvent.click(screen.getByRole('button', { name: /^Stop batch of churn@2, started / }));

    expect(executed).toEqual([[CommandIDs.stopJob, { job: JOB.id }]]);
  });

  it('opens a job', async () => {
    const line = { record: JOB, progress: null };
    const { executed } = await show(<JobsSection />, { jobs: async () => page(line) });
    fireEvent.click(screen.getByRole('button', { name: 'batch churn@2' }));

    expect(executed).toEqual([[CommandIDs.openJob, { job: JOB.id }]]);
  });

  it('shows a failed verdict in red', async () => {
    const record = { ...JOB, has_passed: false, state: VERDICT_FAILED };
    await show(<JobsSection />, { jobs: async () => page({ record, progress: null }) });

    expect(screen.getByText('Verdict failed')).toHaveClass('jp-modelop-bad');
  });

  it('offers removal of a job that has ended', async () => {
    const line = { record: JOB, progress: null };
    const { executed } = await show(<JobsSection />, { jobs: async () => page(line) });
    fireEvent.click(screen.getByRole('button', { name: /^Remove batch of churn@2, started / }));

    expect(executed).toEqual([[CommandIDs.removeJob, { job: JOB.id }]]);
  });

  it('offers no removal of a running job', async () => {
    await show(<JobsSection />, { jobs: async () => page(running) });

    expect(screen.queryByRole('button', { name: /^Remove/ })).toBeNull();
  });

  it('shows the disk usage of all jobs, and its limits', async () => {
    await show(<JobsSection />, {
      jobs: async () => page<JobSummary>(),
      jobsUsage: async () => wire<JobsUsage>('jobs-usage')
    });

    expect(screen.getByText('211 jobs, 81.9 MB')).toHaveAttribute(
      'title',
      expect.stringContaining('Kept for 30 days and up to 5.0 GB')
    );
  });

  it('shows what it would remove and keep before it frees space', async () => {
    const asked: boolean[] = [];
    await show(<JobsSection />, {
      jobs: async () => page<JobSummary>(),
      jobsUsage: async () => wire<JobsUsage>('jobs-usage'),
      cleanUpJobs: async isDry => {
        asked.push(isDry);
        return wire<CleanupReport>('jobs-gc');
      }
    });
    await settled(() =>
      fireEvent.click(screen.getByRole('button', { name: 'Free space of jobs…' }))
    );
    const text = document.querySelector('.jp-Dialog')?.textContent ?? '';
    const before = [...asked];
    await settled(() => fireEvent.click(document.querySelector('.jp-Dialog .jp-mod-warn')!));

    expect(text).toContain('job 3f2a1c00');
    expect(text).toContain('0efce52b (it is pinned)');
    expect(before).toEqual([true]);
    expect(asked).toEqual([true, false]);
  });

  it('updates ages while nothing changes', async () => {
    jest.useFakeTimers({
      now: new Date('2026-11-23T10:00:30Z'),
      doNotFake: ['setTimeout']
    });
    try {
      const line = { record: JOB, progress: null };
      await show(<JobsSection />, { jobs: async () => page(line) });

      expect(screen.getByText(/30 seconds ago/)).toBeInTheDocument();
      await act(async () => void jest.advanceTimersByTime(5000));
      expect(screen.getByText(/35 seconds ago/)).toBeInTheDocument();
    } finally {
      jest.useRealTimers();
    }
  });

  it('fetches again when jobs have changed', async () => {
    let rows: JobSummary[] = [];
    const { changed } = await show(<JobsSection />, { jobs: async () => page(...rows) });
    rows = [running];
    await settled(() => changed.emit({ topics: ['jobs'], jobs: [] }));

    expect(screen.getByText('Running', { selector: '.jp-modelop-badge' })).toBeInTheDocument();
  });
});

describe('MetricsTab', () => {
  const views = wire<IPage<ResultView>>('views');

  it('expands the chart data without a renderer of charts', async () => {
    await show(<MetricsTab job={JOB} />, { metricsViews: async () => views });

    expect(screen.getByText('Chart data of PSI').closest('details')).toHaveAttribute('open');
    expect(screen.queryByRole('figure')).toBeNull();
  });

  it('shows that there is no result', async () => {
    await show(<MetricsTab job={JOB} />, { metricsViews: async () => page<ResultView>() });

    expect(screen.getByText('No result.')).toBeInTheDocument();
  });
});

describe('The wire fixtures of the server', () => {
  it('are shown by the models section', async () => {
    const models = wire<IPage<ModelSummary>>('models');
    await show(<ModelsSection />, { models: async () => models });

    for (const { name } of models.rows) {
      expect(screen.getByRole('button', { name })).toBeInTheDocument();
    }
  });

  it('are shown by the jobs section', async () => {
    const jobs = wire<IPage<JobSummary>>('jobs');
    await show(<JobsSection />, { jobs: async () => jobs });

    expect(screen.getAllByTitle(/^Open .* of .*@/)).toHaveLength(jobs.rows.length);
  });
});
