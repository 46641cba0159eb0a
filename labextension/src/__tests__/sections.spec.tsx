import { CommandRegistry } from '@lumino/commands';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { act, fireEvent, render, screen } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { Changes, IChange } from '../changes';
import type { Client } from '../client';
import type { IModelOp } from '../context';
import { ModelOpContext } from '../context';
import { Preferences } from '../preferences';
import { MetricsTab } from '../job/metrics';
import { RefusedError } from '../request';
import { JobsSection } from '../sections/jobs';
import { ModelsSection } from '../sections/models';
import { CommandIDs } from '../tokens';
import { Unfolded } from '../unfolded';
import type {
  Clearing,
  IPage,
  JobLine,
  JobRecord,
  JobsUsage,
  ModelLine,
  ResultView
} from '../types';

const JOB: JobRecord = {
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
  has_passed: true
};

const MODEL: ModelLine = {
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

function page<T>(...rows: T[]): IPage<T> {
  return { rows, offset: 0, total: rows.length };
}

/** Return an answer of the server that pytest holds to its schema, too. */
function wire<T>(name: string): T {
  return jest.requireActual<T & object>(`../../../tests/wire/${name}.json`);
}

/** Show a section as it looks when the server answers so. */
async function show(
  section: JSX.Element,
  client: Partial<Client>
): Promise<{ changed: Signal<object, IChange>; executed: [string, unknown][] }> {
  const commands = new CommandRegistry();
  const executed: [string, unknown][] = [];
  for (const id of Object.values(CommandIDs)) {
    commands.addCommand(id, { execute: args => void executed.push([id, { ...args }]) });
  }
  const changed = new Signal<object, IChange>({});
  const context: IModelOp = {
    client: { jobsUsage: async () => NO_JOBS, ...client } as Client,
    changes: { changed, refresh: async () => undefined } as unknown as Changes,
    commands,
    preferences: new Preferences(),
    rendermime: null,
    trans: nullTranslator.load('modelop-jupyter'),
    unfolded: new Unfolded()
  };
  await act(async () => {
    render(<ModelOpContext.Provider value={context}>{section}</ModelOpContext.Provider>);
  });
  return { changed, executed };
}

describe('ModelsSection', () => {
  it('says what to do where there is no model', async () => {
    await show(<ModelsSection />, { models: async () => page<ModelLine>() });

    expect(screen.getByText(/No models yet/)).toBeInTheDocument();
  });

  it('shows a model with its snapshot, environment and last job', async () => {
    await show(<ModelsSection />, { models: async () => page(MODEL) });

    expect(screen.getByRole('button', { name: 'churn' })).toHaveTextContent('churn@2failedFAILURE');
  });

  it('shows what the server refused, in its words', async () => {
    const problem = { code: 'home', message: 'cannot be read', hint: 'Look at its rights' };
    await show(<ModelsSection />, {
      models: async () => {
        throw new RefusedError(problem, 503);
      }
    });

    expect(screen.getByRole('alert')).toHaveTextContent('cannot be readLook at its rights');
  });

  it('keeps a name that looks like HTML a text', async () => {
    const name = '<img src=x onerror=alert(1)>';
    await show(<ModelsSection />, { models: async () => page({ ...MODEL, name }) });

    expect(screen.getByRole('button', { name })).toBeInTheDocument();
    expect(document.querySelector('img')).toBeNull();
  });
});

describe('JobsSection', () => {
  const running: JobLine = {
    record: { ...JOB, status: 'RUNNING', result: 'UNKNOWN', ended: null },
    progress: {
      phase: 'running',
      step: null,
      bytes: 25,
      total_bytes: 100,
      rate: 1234,
      seconds_left: 75,
      total: null,
      memory: null
    }
  };

  it('tells the progress of a running job to everybody', async () => {
    await show(<JobsSection />, { jobs: async () => page(running) });

    expect(screen.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '25');
    expect(
      screen.getByText(/9 scored · 1 rejected · 2 failed · 1,234\/s · 1 min 15 s left/)
    ).toBeInTheDocument();
  });

  it('stops a running job', async () => {
    const { executed } = await show(<JobsSection />, { jobs: async () => page(running) });
    fireEvent.click(screen.getByRole('button', { name: 'Stop job 3f2a1c00' }));

    expect(executed).toEqual([[CommandIDs.stopJob, { job: JOB.id }]]);
  });

  it('opens a job', async () => {
    const line = { record: JOB, progress: null };
    const { executed } = await show(<JobsSection />, { jobs: async () => page(line) });
    fireEvent.click(screen.getByRole('button', { name: 'batch churn@2' }));

    expect(executed).toEqual([[CommandIDs.openJob, { job: JOB.id }]]);
  });

  it('asks before it removes a job that has ended', async () => {
    const line = { record: JOB, progress: null };
    const { executed } = await show(<JobsSection />, { jobs: async () => page(line) });
    fireEvent.click(screen.getByRole('button', { name: 'Remove job 3f2a1c00' }));

    expect(executed).toEqual([[CommandIDs.removeJob, { job: JOB.id }]]);
  });

  it('offers no removal of a running job', async () => {
    await show(<JobsSection />, { jobs: async () => page(running) });

    expect(screen.queryByRole('button', { name: /Remove job/ })).toBeNull();
  });

  it('tells what all jobs take, and what they may', async () => {
    await show(<JobsSection />, {
      jobs: async () => page<JobLine>(),
      jobsUsage: async () => wire<JobsUsage>('jobs-usage')
    });

    expect(screen.getByText('211 jobs, 81.9 MB')).toHaveAttribute(
      'title',
      expect.stringContaining('Kept for 30 days and up to 5.0 GB')
    );
  });

  it('shows what would go and what stays before it frees space', async () => {
    const asked: boolean[] = [];
    await show(<JobsSection />, {
      jobs: async () => page<JobLine>(),
      jobsUsage: async () => wire<JobsUsage>('jobs-usage'),
      clearJobs: async isDry => {
        asked.push(isDry);
        return wire<Clearing>('jobs-gc');
      }
    });
    await act(async () => {
      fireEvent.click(screen.getByRole('button', { name: 'Free space…' }));
    });
    const said = document.querySelector('.jp-Dialog')?.textContent ?? '';
    const before = [...asked];
    await act(async () => {
      fireEvent.click(document.querySelector('.jp-Dialog .jp-mod-warn')!);
    });

    expect(said).toContain('job 3f2a1c00');
    expect(said).toContain('0efce52b (it is pinned)');
    expect(before).toEqual([true]);
    expect(asked).toEqual([true, false]);
  });

  it('keeps ages true while nothing changes', async () => {
    jest.useFakeTimers({ now: new Date('2026-11-23T10:00:30Z') });
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

  it('asks again when jobs have changed', async () => {
    let rows: JobLine[] = [];
    const { changed } = await show(<JobsSection />, { jobs: async () => page(...rows) });
    rows = [running];
    await act(async () => {
      changed.emit({ topics: ['jobs'], jobs: [] });
    });

    expect(screen.getByText('RUNNING')).toBeInTheDocument();
  });
});

describe('MetricsTab', () => {
  const views = wire<IPage<ResultView>>('views');

  it('opens the numbers where nothing draws the charts', async () => {
    await show(<MetricsTab job={JOB} />, { views: async () => views });

    expect(screen.getByText('Numbers of PSI').closest('details')).toHaveAttribute('open');
    expect(screen.queryByRole('figure')).toBeNull();
  });

  it('says when there is no result', async () => {
    await show(<MetricsTab job={JOB} />, { views: async () => page<ResultView>() });

    expect(screen.getByText('There is no result.')).toBeInTheDocument();
  });
});

describe('What the server really answers', () => {
  it('is shown by the models', async () => {
    const models = wire<IPage<ModelLine>>('models');
    await show(<ModelsSection />, { models: async () => models });

    for (const { name } of models.rows) {
      expect(screen.getByRole('button', { name })).toBeInTheDocument();
    }
  });

  it('is shown by the jobs', async () => {
    const jobs = wire<IPage<JobLine>>('jobs');
    await show(<JobsSection />, { jobs: async () => jobs });

    expect(screen.getAllByTitle(/Open job/)).toHaveLength(jobs.rows.length);
  });
});
