import { fireEvent, screen, within } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ApiClient } from '../../api/client';
import type {
  Asset,
  DiffView,
  IPage,
  InstalledSchedule,
  ModelDetail,
  ResultView,
  RoleLabel,
  Snapshot
} from '../../api/types';
import { ModelPage } from '../../mainArea/model/modelPage';
import { ShownSection } from '../../mainArea/model/sections';
import { definitionsOf } from '../../mainArea/model/source';
import { CommandIDs } from '../../tokens';
import { page, settled, show as showView, wire } from '../services';

const MODEL = wire<ModelDetail>('model');

/** Return a drag event as browsers make it: jsdom has none. */
function drag(type: string, dataTransfer: { types: string[]; files: File[] }): Event {
  return Object.assign(new Event(type, { bubbles: true, cancelable: true }), { dataTransfer });
}

/** Return a schedule of a model. */
function scheduled(model: string): InstalledSchedule {
  return {
    schedule: {
      ref: model,
      kind: 'batch',
      words: ['in.csv', '-o', 'out.csv'],
      cron: '0 6 * * *',
      folder: '/work',
      program: ['modelop'],
      variables: {},
      log: 'log'
    },
    scheduler: 'crontab',
    next_run: '2026-12-02T06:00:00.000000Z'
  };
}

/** Show a section of a model's page with these responses of the server. */
async function show(
  section: string,
  client: Partial<ApiClient>,
  upload: ((file: File) => Promise<string>) | null = null
): Promise<{ executed: [string, unknown][]; shown: ShownSection }> {
  const answers: Partial<ApiClient> = {
    model: async () => MODEL,
    roles: async () => [],
    jobs: async () => page(),
    schedules: async () => [],
    snapshots: async () => page(),
    check: async () => ({}),
    ...client
  };
  const shown = new ShownSection(section);
  const { executed } = await showView(
    <ModelPage name="churn" shown={shown} editors={null} upload={upload} tables={async () => []} />,
    answers
  );
  return { executed, shown };
}

describe('ModelPage', () => {
  it('shows what a model is and what state it is in', async () => {
    await show('overview', {});

    expect(screen.getByRole('heading', { level: 2 })).toHaveTextContent('churn@1');
    expect(screen.getByText('environment ready')).toBeInTheDocument();
    expect(screen.getByText('How likely a customer is to leave')).toBeInTheDocument();
    expect(screen.getByRole('tab', { name: 'Overview' })).toHaveAttribute('aria-selected', 'true');
    expect(screen.getByText(/No jobs yet/)).toBeInTheDocument();
  });

  it('says that it has changed since its last snapshot, and that its notebook differs', async () => {
    const changed: ModelDetail = {
      ...MODEL,
      is_changed: true,
      notebook: 'churn.ipynb',
      notebook_change: { ref: 'churn@1', diff: '-a\n+b' }
    };
    await show('overview', { model: async () => changed });

    expect(screen.getByText('changed since @1')).toBeInTheDocument();
    expect(screen.getByText('notebook differs')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Register again' })).toBeInTheDocument();
  });

  it('moves from section to section with the arrow keys', async () => {
    const { shown } = await show('overview', {});
    await settled(() =>
      fireEvent.keyDown(screen.getByRole('tab', { name: 'Overview' }), { key: 'ArrowRight' })
    );

    expect(shown.current).toBe('check');
    expect(screen.getByRole('tab', { name: 'Check' })).toHaveFocus();
  });

  it('names the problem where there is no such model', async () => {
    await show('overview', {
      model: async () => {
        throw new Error('no model named churn');
      }
    });

    expect(screen.getByRole('alert')).toHaveTextContent('no model named churn');
  });
});

describe('The source of a model', () => {
  it('leads from each function to its cell', async () => {
    const captured = { ...MODEL, notebook: 'work/churn.ipynb' };
    const { executed } = await show('source', { model: async () => captured });
    fireEvent.click(screen.getByRole('button', { name: 'churn.ipynb' }));
    fireEvent.click(screen.getByRole('button', { name: 'Show the cell of score' }));

    expect(screen.getByLabelText('Source of churn')).toHaveTextContent('weight = 0.25');
    expect(executed).toEqual([
      ['docmanager:open', { path: 'work/churn.ipynb' }],
      [
        CommandIDs.openFunction,
        {
          model: 'churn',
          name: 'score',
          notebook: 'work/churn.ipynb',
          asset: 'churn.py',
          line: 12
        }
      ]
    ]);
  });

  it('offers no cells of a notebook that the file browser does not show', async () => {
    await show('source', {});

    expect(screen.getByRole('button', { name: 'score' })).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: /Show the cell/ })).toBeNull();
  });

  it('is told apart into functions and classes', () => {
    const source =
      'async def a(x):\n    def inner(): ...\n\nclass B:\n    def c(self): ...\ndefault = 1';

    expect(definitionsOf(source)).toEqual([
      { name: 'a', line: 1 },
      { name: 'B', line: 4 }
    ]);
  });
});

describe('The assets of a model', () => {
  it('are added where files of the computer are dropped on any section', async () => {
    const added: string[] = [];
    const file = new File(['a\n1\n'], 'local.csv');
    const { shown } = await show(
      'overview',
      { addAsset: async (_, path) => void added.push(path) as never },
      async ({ name }) => `uploads/${name}`
    );
    const target = screen.getByRole('heading', { level: 2 });
    const dataTransfer = { types: ['Files'], files: [file] };
    await settled(() => fireEvent(target, drag('dragover', dataTransfer)));
    const hint = screen.queryByText('Drop to add to churn');
    await settled(() => fireEvent(target, drag('drop', dataTransfer)));

    expect(hint).not.toBeNull();
    expect(added).toEqual(['uploads/local.csv']);
    expect(shown.current).toBe('assets');
    expect(screen.queryByText('Drop to add to churn')).toBeNull();
  });

  it('are not added by what is dragged from elsewhere', async () => {
    const { shown } = await show('overview', {}, async () => 'never');
    const target = screen.getByRole('heading', { level: 2 });
    const dataTransfer = { types: ['text/plain'], files: [] };
    await settled(() => fireEvent(target, drag('drop', dataTransfer)));

    expect(shown.current).toBe('overview');
  });

  it('change their roles and can be removed, but for the source', async () => {
    const changes: unknown[] = [];
    await show('assets', {
      roles: async () => wire<RoleLabel[]>('roles'),
      setAssetRole: async (_, asset: Asset, role) => void changes.push([asset.path, role]) as never,
      removeAsset: async (_, asset: Asset) => void changes.push([asset.path]) as never
    });
    const role = screen.getByLabelText('Role of customers.json');
    await settled(() => fireEvent.change(role, { target: { value: 'BASELINE_DATA' } }));
    await settled(() =>
      fireEvent.click(screen.getByRole('button', { name: 'Remove customers.json' }))
    );

    expect(changes).toEqual([['customers.json', 'BASELINE_DATA'], ['customers.json']]);
    expect(screen.queryByRole('button', { name: 'Remove churn.py' })).toBeNull();
  });
});

describe('The snapshots of a model', () => {
  const snapshots = [2, 1].map((number): Snapshot => ({
    ...MODEL.newest!,
    number,
    ref: `churn@${number}`
  }));

  it('are compared, first the last two, then any', async () => {
    const asked: string[] = [];
    await show('snapshots', {
      snapshots: async () => page(...snapshots),
      diff: async (before, after) => {
        asked.push(`${before} ${after}`);
        return wire<DiffView>('diff');
      }
    });
    const after = screen.getByLabelText('with');
    await settled(() => fireEvent.change(after, { target: { value: 'churn' } }));

    expect(asked).toEqual(['churn@1 churn@2', 'churn@1 churn']);
    expect(screen.getByText(/churn@1 and churn@2 differ in source/)).toBeInTheDocument();
  });

  it('are compared with the model as it is now where it has changed', async () => {
    const asked: string[] = [];
    await show('snapshots', {
      model: async () => ({ ...MODEL, is_changed: true }),
      snapshots: async () => page(snapshots[1]),
      diff: async (before, after) => {
        asked.push(`${before} ${after}`);
        return wire<DiffView>('diff');
      }
    });

    expect(asked).toEqual(['churn@1 churn']);
  });

  it('have nothing to be compared with where there is one only', async () => {
    await show('snapshots', { snapshots: async () => page(snapshots[1]) });

    expect(screen.getByText(/nothing to compare yet/)).toBeInTheDocument();
  });
});

describe('The metrics of a model', () => {
  it('are shown over time, each under its name', async () => {
    const history = wire<IPage<ResultView>>('history');
    await show('metrics', { metricsHistory: async () => history });

    for (const { title } of history.rows) {
      expect(screen.getByRole('heading', { name: title })).toBeInTheDocument();
    }
    expect(screen.getByLabelText('Filter metrics')).toBeInTheDocument();
  });

  it('have a sentence that says how there will be some', async () => {
    const scoreOnly = { ...MODEL, functions: [MODEL.functions[1]] };
    await show('metrics', { model: async () => scoreOnly, metricsHistory: async () => page() });

    expect(screen.getByText(/Write # modelop.metrics above the function/)).toBeInTheDocument();
  });
});

describe('The jobs and kernels of a model', () => {
  it('are those of this model only', async () => {
    const kernel = { environment: 'e', began: 1, created: '2026-11-23T10:00:00Z', owner: null };
    const running = ['churn', 'churn-monthly', 'churn@2'].map((model, pid) => ({
      ...kernel,
      id: `k${pid}`,
      model,
      pid,
      connection_file: ''
    }));
    const stopped: string[] = [];
    await show('kernels', {
      kernels: async () => ({ running, installed: [] }),
      stopKernel: async name => void stopped.push(name)
    });
    const rows = within(screen.getByRole('list', { name: 'Running kernels' }));
    await settled(() =>
      fireEvent.click(rows.getByRole('button', { name: 'Stop the kernel of churn@2' }))
    );

    expect(rows.queryByText('churn-monthly')).toBeNull();
    expect(rows.getAllByRole('listitem')).toHaveLength(2);
    expect(stopped).toEqual(['churn@2']);
  });

  it('can be opened in the list of all jobs', async () => {
    const { executed } = await show('jobs', {});
    fireEvent.click(screen.getByRole('button', { name: 'All jobs of this model' }));

    expect(executed).toEqual([[CommandIDs.openJobs, { model: 'churn' }]]);
  });

  it('shows the jobs of the model that are scheduled, and takes one away', async () => {
    const schedules = [scheduled(MODEL.name), scheduled('another')];
    const removed: string[] = [];
    await show('jobs', {
      schedules: async () => schedules.slice(removed.length),
      removeSchedule: async (name, kind) => void removed.push(`${name} ${kind}`)
    });
    const list = screen.getByRole('list', { name: `Scheduled jobs of ${MODEL.name}` });
    const rows = within(list)
      .getAllByRole('listitem')
      .map(row => row.textContent);
    await settled(() => fireEvent.click(within(list).getByRole('button')));

    expect(rows).toEqual([expect.stringContaining('batch in.csv -o out.csvscheduled, next: ')]);
    expect(removed).toEqual([`${MODEL.name} batch`]);
    expect(screen.queryByText(/in.csv/)).toBeNull();
  });
});
