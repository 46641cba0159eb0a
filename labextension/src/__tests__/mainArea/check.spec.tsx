import { Dialog } from '@jupyterlab/apputils';
import { fireEvent, screen, within } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ApiClient } from '../../api/client';
import type { CheckView, Remedy } from '../../api/types';
import { CheckOfModel, LastCheck } from '../../mainArea/model/check';
import { CommandIDs } from '../../tokens';
import { settled, show, wire } from '../services';

const CHECK = wire<CheckView>('check');
const LAST = CHECK.last!;

function showCheck(view: CheckView, client: Partial<ApiClient> = {}) {
  return show(<CheckOfModel name="churn" />, { check: async () => view, ...client });
}

describe('The check of a model', () => {
  it('offers a check where there was none', async () => {
    const { executed } = await showCheck({});
    fireEvent.click(screen.getByRole('button', { name: 'Check… churn' }));

    expect(screen.getByText(/Not checked yet/)).toBeInTheDocument();
    expect(executed).toEqual([[CommandIDs.checkModel, { model: 'churn' }]]);
  });

  it('counts what failed, warned and passed', async () => {
    await showCheck(CHECK);

    expect(screen.getByText('1 failed')).toBeInTheDocument();
    expect(screen.getByText('1 warned')).toBeInTheDocument();
    expect(screen.getByText('3 passed')).toBeInTheDocument();
    expect(screen.getByText(/12 records of in.json/)).toBeInTheDocument();
    expect(screen.queryByText(/has changed since/)).toBeNull();
  });

  it('says of each topic what was looked at', async () => {
    await showCheck(CHECK);
    const [notebook, rules] = within(screen.getByRole('list')).getAllByRole('listitem');

    expect(notebook).toHaveTextContent("not checkedNotebook and model agreethe model's notebook");
    expect(rules).toHaveTextContent('passedRules of the runtimeimported, initialised');
  });

  it('says what of a topic could not be looked at', async () => {
    const [first, ...others] = LAST.report.topics;
    const topics = [{ ...first, not_looked_at: 'the cells of another kernel' }, ...others];
    await showCheck({ last: { ...LAST, report: { ...LAST.report, topics } } });

    expect(screen.getByText('Not looked at: the cells of another kernel.')).toBeInTheDocument();
  });

  it('leads from a finding to its line in the snapshot that was checked', async () => {
    const { executed } = await showCheck(CHECK);
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'churn.py, line 6' })));

    expect(executed).toEqual([
      [CommandIDs.openFunction, { model: 'churn@1', name: '', asset: 'churn.py', line: 6 }]
    ]);
  });

  it('applies what mends a finding after confirmation', async () => {
    const applied: [string, Remedy][] = [];
    await showCheck(CHECK, {
      applyFindingRemedy: async (name, remedy) => void applied.push([name, remedy])
    });
    await settled(() =>
      fireEvent.click(screen.getByRole('button', { name: 'Add lookup.csv as an asset' }))
    );
    const dialog = Dialog.tracker.currentWidget!;
    expect(dialog.node).toHaveTextContent('modelop asset add churn /home/ada/lookup.csv');
    await settled(() => dialog.resolve());

    const findings = LAST.report.topics.flatMap(topic => topic.findings);
    expect(applied).toEqual([['churn', findings[1].remedies![0]]]);
  });

  it('says that the model has changed since', async () => {
    await showCheck({ last: { ...LAST, is_outdated: true } });

    expect(screen.getByText('The model has changed since this check.')).toBeInTheDocument();
  });

  it('shows how far a check is, and stops it', async () => {
    const running = { is_running: true, is_stopping: false };
    let isStopped = false;
    await showCheck(
      { run: { ...running, step: { name: 'churn', done: 2, total: 5 } } },
      {
        stopCheck: async () => {
          isStopped = true;
          return { run: { ...running, is_stopping: true } };
        }
      }
    );
    const status = screen.getByRole('status');
    const bar = screen.getByRole('progressbar');
    expect(status).toHaveTextContent('Scoring the sample: 2 of 5 runs');
    expect(bar).toHaveAttribute('aria-valuenow', '40');
    await settled(() =>
      fireEvent.click(screen.getByRole('button', { name: 'Stop the check of churn' }))
    );

    expect(isStopped).toBe(true);
  });

  it('prepares the environment first', async () => {
    await showCheck({ run: { is_running: true, is_stopping: false } });

    expect(screen.getByRole('status')).toHaveTextContent('Preparing the environment…');
  });

  it('says why a check could not be made until it is dismissed', async () => {
    const failure = { code: 'invalid', message: 'churn has no test data', hint: 'Name an input' };
    let view: CheckView = { run: { is_running: false, is_stopping: false, failure } };
    await show(<CheckOfModel name="churn" />, {
      check: async () => view,
      stopCheck: async () => (view = {})
    });
    expect(screen.getByRole('alert')).toHaveTextContent('churn has no test dataName an input');
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Dismiss' })));

    expect(screen.queryByRole('alert')).toBeNull();
    expect(screen.getByText(/Not checked yet/)).toBeInTheDocument();
  });
});

describe('The last check in the overview', () => {
  it('is one line that leads to the report', async () => {
    let isShown = false;
    await show(<LastCheck name="churn" onShow={() => (isShown = true)} />, {
      check: async () => ({ last: { ...LAST, is_outdated: true } })
    });
    fireEvent.click(screen.getByRole('button', { name: 'Show the check of churn' }));

    expect(screen.getByText('1 failed')).toBeInTheDocument();
    expect(screen.getByText('model changed since')).toBeInTheDocument();
    expect(isShown).toBe(true);
  });

  it('is nothing where there was none', async () => {
    await show(<LastCheck name="churn" onShow={() => undefined} />, { check: async () => ({}) });

    expect(screen.queryByRole('heading')).toBeNull();
  });
});
