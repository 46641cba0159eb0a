import { fireEvent, screen } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ApiClient } from '../../../api/client';
import type {
  CleanupReport,
  IPage,
  JobFilter,
  JobSummary,
  ModelSummary,
  Query
} from '../../../api/types';
import { JobQueryState } from '../../../mainArea/jobs/jobQuery';
import { JobsView } from '../../../mainArea/jobs/jobsView';
import { CommandIDs } from '../../../tokens';
import type { IShown } from '../../services';
import { settled, show } from '../../services';
import { JOB } from '../../endedJob';

const TOTAL = 20_000;
// A few rows: to find one by its name, the names of all are computed.
const HEIGHT = 90;

beforeAll(() => {
  // jsdom lays nothing out: the list would have no height, and no visible rows.
  for (const name of ['offsetHeight', 'clientHeight'] as const) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, value: HEIGHT });
  }
  Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { configurable: true, value: 800 });
  HTMLElement.prototype.scrollTo = () => undefined;
});

/** Return the job at a place in the list; the first one runs. */
function jobAt(place: number): JobSummary {
  const id = `${place.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const record = { ...JOB, id, model: `model-${place}` };
  if (place > 0) {
    return { record, progress: null };
  }
  const state = { text: 'Running', tone: 'busy' as const };
  return { record: { ...record, status: 'RUNNING', result: 'UNKNOWN', state }, progress: null };
}

/** Show the list of 20,000 jobs; `asked` are the requests for its pages. */
async function showJobs(
  client: Partial<ApiClient> = {}
): Promise<IShown & { asked: Query<'list_jobs'>[] }> {
  const asked: Query<'list_jobs'>[] = [];
  const jobs = async (query: Query<'list_jobs'> = {}): Promise<IPage<JobSummary>> => {
    asked.push(query);
    const { offset = 0, limit = 100 } = query;
    const rows = Array.from({ length: limit }, (_, index) => jobAt(offset + index));
    return { rows, offset, total: TOTAL };
  };
  const models = async () => ({ rows: [{ name: 'churn' } as ModelSummary], offset: 0, total: 1 });
  const shown = await show(<JobsView state={new JobQueryState()} />, { jobs, models, ...client });
  return { ...shown, asked };
}

// By text: to find something by its role and name takes seconds among so many elements.
const row = (place: number) =>
  screen.getByText(`model-${place}@2`).closest<HTMLElement>('[role="row"]')!;
const box = (place: number) => row(place).querySelector('input')!;
const select = (place: number) => fireEvent.click(box(place));

describe('JobsView', () => {
  it('has only the rows that can be seen, of one page', async () => {
    const { asked } = await showJobs();

    expect(screen.getByText('20,000 jobs')).toBeInTheDocument();
    const grid = screen.getByLabelText(/^Jobs: /);
    expect(grid).toHaveAttribute('aria-rowcount', '20001');
    expect(grid.querySelectorAll('[role="row"]').length).toBeLessThan(40);
    expect(asked).toEqual([{ sort: 'created', order: 'descending', offset: 0, limit: 100 }]);
  });

  it('names a job by what it is', async () => {
    await showJobs();

    expect(box(1)).toHaveAccessibleName(/^Select batch of model-1@2, started .* ago$/);
  });

  it('asks the server for what is chosen', async () => {
    const { asked } = await showJobs();
    await settled(() =>
      fireEvent.change(screen.getByLabelText('Result'), { target: { value: 'failed' } })
    );
    await settled(() =>
      fireEvent.change(screen.getByLabelText('Model'), { target: { value: 'churn' } })
    );

    expect(asked[asked.length - 1]).toMatchObject({ result: 'failed', model: 'churn' });
  });

  it('filters by a tag of the models and by the last day, until all are shown again', async () => {
    const rows = [{ name: 'churn', tags: ['fraud', 'demo'] }, { name: 'old' }] as ModelSummary[];
    const { asked } = await showJobs({ models: async () => ({ rows, offset: 0, total: 2 }) });
    const choose = (label: string, value: string) =>
      settled(() => fireEvent.change(screen.getByLabelText(label), { target: { value } }));
    expect(screen.getByLabelText('Tag of the model')).toHaveTextContent('All tagsdemofraud');
    await choose('Tag of the model', 'fraud');
    await choose('Time', 'before');
    await choose('Submitted before', '2026-01-31');
    expect(asked[asked.length - 1]).toMatchObject({
      tag: 'fraud',
      before: new Date(2026, 0, 31).toISOString()
    });
    await settled(() => fireEvent.click(screen.getByText('Show all')));

    expect(screen.getByLabelText('Tag of the model')).toHaveValue('');
    expect(screen.queryByLabelText('Submitted before')).not.toBeInTheDocument();
    expect(screen.queryByText('Remove all shown…')).not.toBeInTheDocument();
  });

  it('has no choice of tags where no model has one', async () => {
    await showJobs();

    expect(screen.queryByLabelText('Tag of the model')).not.toBeInTheDocument();
  });

  it('removes all that is shown after it has named their number', async () => {
    const removals: [JobFilter, boolean][] = [];
    const cleared = Array.from({ length: 1234 }, (_, index) => ({ name: `${index}` }));
    const report = { cleared, spared: [{ name: 'a' }], freed: 5e6 } as unknown as CleanupReport;
    await showJobs({
      removableJobs: async () => report,
      removeMatchingJobs: async (filter, older) => {
        removals.push([filter, older >= 0]);
        return report;
      }
    });
    expect(screen.queryByText('Remove all shown…')).not.toBeInTheDocument();
    await settled(() =>
      fireEvent.change(screen.getByLabelText('Result'), { target: { value: 'failed' } })
    );
    await settled(() => fireEvent.click(screen.getByText('Remove all shown…')));

    expect(screen.getByText('Remove 1,234 jobs?')).toBeInTheDocument();
    expect(screen.getByText(/5.0 MB are freed.*1 job stays/)).toBeInTheDocument();
    await settled(() => fireEvent.click(screen.getByText('Remove')));
    expect(removals).toEqual([[{ result: 'failed' }, true]]);
  });

  it('sorts by a column, then the other way round', async () => {
    const { asked } = await showJobs();
    const header = screen.getByText('Duration').closest('[role="columnheader"]');
    await settled(() => fireEvent.click(screen.getByText('Duration')));
    expect(header).toHaveAttribute('aria-sort', 'descending');
    await settled(() => fireEvent.click(screen.getByText('Duration')));

    expect(header).toHaveAttribute('aria-sort', 'ascending');
    expect(asked[asked.length - 1]).toMatchObject({ sort: 'duration', order: 'ascending' });
  });

  it('is used by keyboard', async () => {
    const { executed } = await showJobs();
    const grid = screen.getByLabelText(/^Jobs: /);
    fireEvent.keyDown(grid, { key: 'ArrowDown' });
    fireEvent.keyDown(grid, { key: ' ' });
    fireEvent.keyDown(grid, { key: 'ArrowDown', shiftKey: true });
    expect(row(1)).toHaveAttribute('aria-selected', 'true');
    expect(row(2)).toHaveAttribute('aria-selected', 'true');
    fireEvent.keyDown(grid, { key: 'Enter' });

    expect(grid).toHaveAttribute('aria-activedescendant', row(2).id);
    expect(executed).toEqual([[CommandIDs.openJob, { job: jobAt(2).record.id }]]);
  });

  it('compares two jobs that have ended', async () => {
    const { executed } = await showJobs();
    const compare = screen.getByText('Compare');
    expect(compare).toHaveAttribute('aria-disabled', 'true');
    select(1);
    select(2);
    fireEvent.click(compare);

    expect(executed).toEqual([
      [CommandIDs.compareJobs, { job: jobAt(1).record.id, other: jobAt(2).record.id }]
    ]);
  });

  it('says why a job that runs is not removed, and stops it', async () => {
    const cancelled: string[] = [];
    const { executed } = await showJobs({
      cancelJob: async job => {
        cancelled.push(job);
        return jobAt(0).record;
      }
    });
    select(0);
    const remove = screen.getByText('Remove…');
    fireEvent.click(remove);
    await settled(() => fireEvent.click(screen.getByText('Stop')));

    expect(remove).toHaveAccessibleDescription('A job that runs cannot be removed: stop it first');
    expect(executed).toEqual([]);
    expect(cancelled).toEqual([jobAt(0).record.id]);
  });

  it('removes the selected jobs', async () => {
    const { executed } = await showJobs();
    select(1);
    select(3);
    await settled(() => fireEvent.click(screen.getByText('Remove…')));

    const jobs = [jobAt(1).record.id, jobAt(3).record.id];
    expect(executed).toEqual([[CommandIDs.removeJobs, { jobs }]]);
  });

  it('updates ages while nothing changes', async () => {
    jest.useFakeTimers({ now: new Date('2026-11-23T10:00:30Z'), doNotFake: ['setTimeout'] });
    try {
      await showJobs();
      expect(row(1)).toHaveTextContent('30 seconds ago');
      await settled(() => jest.advanceTimersByTime(5000));

      expect(row(1)).toHaveTextContent('35 seconds ago');
    } finally {
      jest.useRealTimers();
    }
  });
});
