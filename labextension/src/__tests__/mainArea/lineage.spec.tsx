import { act, fireEvent, screen, within } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { LineageView, ModelDetail } from '../../api/types';
import { LineageOfModel } from '../../mainArea/model/lineage';
import { layoutOf, relatedTo } from '../../mainArea/model/lineageLayout';
import { CommandIDs } from '../../tokens';
import { show as showView, wire } from '../services';

const MODEL = wire<ModelDetail>('model');
const VIEW = wire<LineageView>('lineage');
const JOB = '3f2a1c00-0000-4000-8000-00000000000';

async function show(view = VIEW) {
  const compared: string[][] = [];
  const { executed } = await showView(
    <LineageOfModel model={MODEL} onCompare={(before, after) => compared.push([before, after])} />,
    { lineage: async () => view }
  );
  return { executed, compared };
}

/** Return a node of a column by what it is called. */
function node(column: string, name: RegExp): HTMLElement {
  return within(screen.getByRole('region', { name: column })).getByRole('button', { name });
}

describe('layoutOf', () => {
  it('gives each job a row and lets no two nodes of a column cover one another', () => {
    const { columns, rows } = layoutOf(VIEW.lineage);

    expect(columns.map(column => column.map(({ id }) => id.split(' ')[0]))).toEqual([
      ['cell', 'cell', 'data', 'data'],
      ['snapshot', 'snapshot'],
      ['job', 'job', 'job'],
      ['result', 'result', 'result']
    ]);
    for (const column of columns) {
      column.slice(1).forEach((each, place) => {
        expect(each.row - column[place].row).toBeGreaterThanOrEqual(1);
      });
    }
    expect(rows).toBeGreaterThanOrEqual(4);
  });

  it('knows all that leads to a result, and nothing else', () => {
    const { edges } = layoutOf(VIEW.lineage);

    expect([...relatedTo(`result ${JOB}2`, edges)].sort()).toEqual([
      'cell helping',
      'cell scoring',
      `data sha256:${'b'.repeat(64)}`,
      `job ${JOB}2`,
      `result ${JOB}2`,
      'snapshot 1'
    ]);
  });
});

describe('LineageOfModel', () => {
  it('tells a screen reader in lists what leads to what', async () => {
    await show();

    expect(screen.getByRole('group', { name: 'Lineage of churn' })).toBeInTheDocument();
    expect(
      node('Cells and data', /^score\. cell 2 \[5\]\. Leads to churn@2, churn@1$/)
    ).toBeVisible();
    expect(node('Jobs', /^metrics 3f2a1c00.*From churn@1, scores\.json/)).toBeVisible();
  });

  it('leads back to cells, files, differences and jobs', async () => {
    const { executed, compared } = await show();
    fireEvent.click(node('Cells and data', /^score\./));
    fireEvent.click(node('Cells and data', /^customers\.csv/));
    fireEvent.click(node('Snapshots', /^churn@2/));
    fireEvent.click(screen.getAllByRole('button', { name: /^batch 3f2a1c00/ })[0]);
    fireEvent.click(screen.getAllByRole('button', { name: /^output\.json/ })[0]);

    expect(executed).toEqual([
      [
        CommandIDs.openFunction,
        {
          model: 'churn',
          name: 'score',
          asset: 'churn.py',
          notebook: 'churn.ipynb',
          cell: 'scoring'
        }
      ],
      ['docmanager:open', { path: 'customers.csv' }],
      [CommandIDs.openJob, { job: `${JOB}3` }],
      [CommandIDs.openJob, { job: `${JOB}2` }]
    ]);
    expect(compared).toEqual([['churn@1', 'churn@2']]);
  });

  it('is one stop for Tab, and moves along the lines with the arrows', async () => {
    await show();
    const start = node('Cells and data', /^double/);
    expect(start).toHaveAttribute('tabindex', '0');
    act(() => start.focus());
    fireEvent.keyDown(start, { key: 'ArrowDown' });
    expect(document.activeElement).toHaveAccessibleName(/^score/);
    fireEvent.keyDown(document.activeElement!, { key: 'ArrowRight' });
    expect(document.activeElement).toHaveAccessibleName(/^churn@/);
    fireEvent.keyDown(document.activeElement!, { key: 'ArrowRight' });
    expect(document.activeElement).toHaveAccessibleName(/^(batch|metrics) /);
    fireEvent.keyDown(document.activeElement!, { key: 'ArrowLeft' });

    expect(document.activeElement).toHaveAccessibleName(/^(churn@|customers)/);
    expect(document.querySelectorAll('[data-node][tabindex="0"]')).toHaveLength(1);
  });

  it('offers more where there are more jobs', async () => {
    await show({ ...VIEW, lineage: { ...VIEW.lineage, total: 4000 } });

    expect(screen.getByRole('button', { name: 'Show more (3 of 500 shown)' })).toBeVisible();
  });
});
