import { fireEvent, screen, within } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ApiClient } from '../../api/client';
import type { Deployment, DeploymentView, ModelDetail, RecordForm } from '../../api/types';
import { curlLine } from '../../mainArea/deployment/addresses';
import { withExample } from '../../mainArea/deployment/recordForm';
import { DeploymentOfModel } from '../../mainArea/deployment/deploymentOfModel';
import { CommandIDs } from '../../tokens';
import { DEPLOYED } from '../deployed';
import { settled, show as showView, wire } from '../services';

const FORM: RecordForm = {
  origin: 'schema',
  name: 'in.avsc',
  fields: [{ name: 'x', kind: 'number', is_nullable: false }],
  records: [{ x: 2 }]
};

/** Show the deployment of a model with these responses of the server. */
function show(view: Partial<DeploymentView>, client: Partial<ApiClient> = {}) {
  return showView(
    <DeploymentOfModel model={wire<ModelDetail>('model')} tables={async () => []} />,
    {
      deployment: async () => ({ deployment: null, run: null, ...view }),
      deploymentUrl: name => `/modelop-jupyter/deployments/${name}/`,
      sample: async () => ({ test_data: null, form: FORM }),
      exampleRecord: async () => undefined,
      ...client
    }
  );
}

const showTab = (name: string) => settled(() => fireEvent.click(screen.getByRole('tab', { name })));

describe('The deployment of a model', () => {
  it('can be made where there is none', async () => {
    const { executed } = await show({});
    fireEvent.click(screen.getByRole('button', { name: 'Deploy… churn' }));

    expect(screen.getByText(/Not deployed/)).toBeInTheDocument();
    expect(executed).toEqual([[CommandIDs.deploy, { model: 'churn' }]]);
  });

  it('says what deploying waits for, and stops it', async () => {
    const stopped: string[] = [];
    const run = {
      is_running: true,
      is_stopping: false,
      step: 'deploying churn@4: initialising, 3 s',
      failure: null
    };
    await show(
      { run },
      {
        stopDeploying: async name => {
          stopped.push(name);
          return { deployment: null, run: { ...run, is_stopping: true } };
        }
      }
    );
    expect(screen.getByText('Deploying churn@4: initialising, 3 s')).toBeInTheDocument();
    await settled(() =>
      fireEvent.click(screen.getByRole('button', { name: 'Stop the deployment of churn' }))
    );

    expect(stopped).toEqual(['churn']);
    expect(screen.getByText('Stopping…')).toBeInTheDocument();
  });

  it('says why it was not deployed once, with what the model raised, until that is dismissed', async () => {
    const message = 'churn@4 was not deployed: init raised KeyError';
    const problem = {
      code: 'init',
      message,
      hint: null,
      snapshot: 4,
      traceback: 'File "churn.py", line 3'
    };
    const failure = { code: 'deployment_failed', message, hint: 'Mend its init function' };
    let view: DeploymentView = {
      deployment: { ...DEPLOYED, problem },
      run: { is_running: false, is_stopping: false, step: null, failure }
    };
    await show(view, {
      stopDeploying: async () => (view = { deployment: DEPLOYED, run: null })
    });
    expect(screen.getAllByText(message)).toHaveLength(1);
    expect(screen.getByText(/line 3/)).toBeInTheDocument();
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Dismiss' })));

    expect(screen.queryByRole('alert')).toBeNull();
  });

  it.each([
    ['Show its log', ['deployment', 'log', 'churn'], 'Log'],
    ['Deploy it', ['deploy', 'churn'], 'Load']
  ])('mends a failure by a button: %s', async (text, command, shown) => {
    const failure = {
      code: 'deployment_failed',
      message: 'no',
      hint: null,
      remedies: [{ text, commands: [command], options: [] }]
    };
    const run = { is_running: false, is_stopping: false, step: null, failure };
    const { executed } = await show(
      { deployment: { ...DEPLOYED, state: 'failed' }, run },
      { deploymentLog: async () => ({ model: 'churn', text: '', offset: 0 }) }
    );
    await settled(() => fireEvent.click(screen.getByRole('button', { name: text })));

    expect(screen.getByRole('tab', { name: shown })).toHaveAttribute('aria-selected', 'true');
    expect(executed).toEqual(
      command[0] === 'deploy' ? [[CommandIDs.deploy, { model: 'churn' }]] : []
    );
  });

  it('shows the line of what mends a failure elsewhere', async () => {
    const remedies = [
      { text: 'Pin numpy', commands: [['requirements', 'churn', '--trim']], options: [] }
    ];
    const failure = { code: 'build', message: 'no', hint: null, remedies };
    await show({ run: { is_running: false, is_stopping: false, step: null, failure } });

    expect(screen.getByText('modelop requirements churn --trim')).toBeInTheDocument();
  });

  it('names where it answers, with a line for a shell', async () => {
    await show({ deployment: DEPLOYED });

    expect(
      screen.getByText('http://localhost/modelop-jupyter/deployments/churn/')
    ).toBeInTheDocument();
    expect(screen.getByText(/^curl http:\/\/127.0.0.1:8003\/score .*-d '{"x":2}'$/)).toBeVisible();
  });

  it('counts, and shows rate, times and errors of the last two minutes', async () => {
    await show({ deployment: DEPLOYED });

    expect(screen.getByText('requests').parentElement).toHaveTextContent('1,204');
    expect(screen.getAllByRole('img').map(chart => chart.getAttribute('aria-label'))).toEqual([
      'Requests per second: 12 now, at most 4 in the last two minutes',
      'Time of a request in the last minute: p50 1.2 ms, p95 3.4 ms, p99 12 ms',
      'Requests with an error: 1 in the last two minutes'
    ]);
  });

  it('shows the memory of each replica, and how often one began anew', async () => {
    await show({ deployment: DEPLOYED });
    const replicas = within(screen.getByRole('region', { name: 'Replicas' }));

    expect(replicas.getByText(/2 restarts/)).toBeInTheDocument();
    expect(replicas.getAllByRole('row').map(row => row.textContent)).toEqual([
      'processsnapshotstatememory',
      '41churn@3Ready52.0 MB',
      '42churn@3Starting–'
    ]);
  });

  it('goes back to the snapshot before, stops, or is replaced', async () => {
    const asked: string[] = [];
    const answer = (what: string) => async () => {
      asked.push(what);
      return { deployment: DEPLOYED, run: null };
    };
    const { executed } = await show(
      { deployment: DEPLOYED },
      { rollBackDeployment: answer('back'), stopDeployment: answer('stop') }
    );
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Go back to @2' })));
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Stop churn@3' })));
    fireEvent.click(screen.getByRole('button', { name: 'Replace… churn@3' }));

    expect(asked).toEqual(['back', 'stop']);
    expect(executed).toEqual([[CommandIDs.deploy, { model: 'churn' }]]);
  });

  it('opens a record that failed in its kernel', async () => {
    const failure = {
      index: 7,
      t: 1_000_000_000,
      snapshot: 3,
      slot: 0,
      code: 'model_error',
      message: 'division by zero',
      record: '{"x": 0}',
      stage: 'model',
      exception: 'ZeroDivisionError',
      traceback: 'File "churn.py", line 3'
    };
    const { executed } = await show(
      { deployment: DEPLOYED },
      { failedRequests: async () => ({ model: 'churn', total: 4, rows: [failure] }) }
    );
    await showTab('Failures (4)');
    expect(screen.getByText(/ZeroDivisionError: division by zero/)).toBeInTheDocument();
    expect(screen.getByText('{"x": 0}')).toBeInTheDocument();
    expect(screen.getByText('The last 1 of 4')).toBeInTheDocument();
    fireEvent.click(screen.getByText('Open in isolated kernel'));

    expect(executed).toEqual([[CommandIDs.openRecord, { model: 'churn', index: 7 }]]);
  });

  it('shows where the answers of a shadow differ, and lets it take over', async () => {
    const shadow = {
      snapshot: 4,
      is_ready: true,
      compared: 200,
      different: 3,
      dropped: 1,
      examples: [{ record: '{"x": 1}', answer: '0.25', shadow: '0.5' }]
    };
    const asked: unknown[] = [];
    await show(
      { deployment: { ...DEPLOYED, shadow } },
      {
        deploy: async (name, body) => {
          asked.push([name, body]);
          return { deployment: DEPLOYED, run: null };
        }
      }
    );
    await showTab('Shadow (3)');
    expect(screen.getByText(/3 of 200 answers differ \(1.5%\)/)).toHaveTextContent(
      '1 record was not compared'
    );
    expect(screen.getByRole('row', { name: '{"x": 1} 0.25 0.5' })).toBeInTheDocument();
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Let it take over' })));

    expect(asked).toEqual([['churn', { snapshot: 4 }]]);
  });

  it('shows the log in the order of its parts', async () => {
    const parts = ['one\n', 'two\nthree\n', ''];
    await show(
      { deployment: { ...DEPLOYED, state: 'stopped' } },
      {
        deploymentLog: async (_, offset) => ({
          model: 'churn',
          text: parts[offset],
          offset: offset + 1
        })
      }
    );
    await showTab('Log');

    expect((await screen.findByText(/three/)).textContent).toBe('one\ntwo\nthree');
  });
});

describe('The form that tries a record', () => {
  const answers = (sent: unknown[]): Partial<ApiClient> => ({
    sendRequest: async (_, records) => {
      sent.push(records);
      return { status: 200, body: { y: 0.5 }, seconds: 0.0032 };
    }
  });

  it('sends one record by itself, and shows the answer beside it', async () => {
    const sent: unknown[] = [];
    await show({ deployment: DEPLOYED }, answers(sent));
    await showTab('Try a record');
    fireEvent.change(screen.getByLabelText('x of record 1'), { target: { value: '4' } });
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Send' })));

    expect(sent).toEqual([{ x: 4 }]);
    expect(screen.getByRole('region', { name: 'Answer' })).toHaveTextContent(
      '200after 3.2 ms{ "y": 0.5 }'
    );
  });

  it('sends several records as a list', async () => {
    const sent: unknown[] = [];
    await show({ deployment: DEPLOYED }, answers(sent));
    await showTab('Try a record');
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Add a record' })));
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Send' })));

    expect(sent).toEqual([[{ x: 2 }, { x: 2 }]]);
  });

  it('sends JSON as it was typed, where nothing names the fields', async () => {
    const sent: unknown[] = [];
    const form: RecordForm = { origin: 'none', name: '', fields: [], records: [{}] };
    await show(
      { deployment: DEPLOYED },
      { ...answers(sent), sample: async () => ({ test_data: null, form }) }
    );
    await showTab('Try a record');
    fireEvent.change(screen.getByLabelText('Records as JSON'), { target: { value: '[3]' } });
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Send' })));

    expect(sent).toEqual([[3]]);
  });

  it.each([
    [DEPLOYED, 'some', 'Send waits for x of record 1: type a number'],
    [{ ...DEPLOYED, state: 'stopped' } as Deployment, '4', 'churn@3 answers no requests now.']
  ])('waits until it can send: %#', async (deployment, value, reason) => {
    const sent: unknown[] = [];
    await show({ deployment }, answers(sent));
    await showTab('Try a record');
    fireEvent.change(screen.getByLabelText('x of record 1'), { target: { value } });
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Send' })));

    expect(sent).toEqual([]);
    expect(screen.getByRole('status')).toHaveTextContent(reason);
  });

  it('keeps what was typed and answered while another tab is shown', async () => {
    await show({ deployment: DEPLOYED }, answers([]));
    await showTab('Try a record');
    fireEvent.change(screen.getByLabelText('x of record 1'), { target: { value: '4' } });
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Send' })));
    await showTab('Load');
    await showTab('Try a record');

    expect(screen.getByLabelText('x of record 1')).toHaveValue('4');
    expect(screen.getByText('200')).toBeInTheDocument();
  });
});

describe('withExample', () => {
  const none: RecordForm = { origin: 'none', name: '', fields: [], records: [{}] };
  const table: RecordForm = { ...FORM, origin: 'table' };

  it.each([
    [none, { x: 1 }, [{ x: 1 }]],
    [none, 'a text', ['a text']],
    [none, undefined, [{}]],
    [{ ...FORM, records: [{}] }, { x: 1, more: 2 }, [{ x: 1, more: 2 }]],
    [FORM, { x: 1 }, [{ x: 2 }]],
    [FORM, 'a text', [{ x: 2 }]],
    [table, { x: 1 }, [{ x: 2 }]]
  ])('fills what is empty: %#', (form, example, records) => {
    expect(withExample(form, example).records).toEqual(records);
  });
});

describe('curlLine', () => {
  it('quotes the record for a shell, and names the token', () => {
    expect(curlLine({ has_token: true }, 'http://h:1/', { name: "d'Arc" })).toBe(
      `curl http://h:1/score -H 'Content-Type: application/json' -H "Authorization: Bearer $TOKEN" -d '{"name":"d'\\''Arc"}'`
    );
  });
});
