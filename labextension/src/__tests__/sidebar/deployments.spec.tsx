import { fireEvent, screen } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ApiClient } from '../../api/client';
import type { Deployment } from '../../api/types';
import { DeploymentsSection } from '../../sidebar/deployments';
import { VisibilityContext } from '../../state/visibility';
import { CommandIDs } from '../../tokens';
import { DEPLOYED } from '../deployed';
import { settled, show as showView } from '../services';

/** Show the section with these deployments. */
const show = (rows: Deployment[], client: Partial<ApiClient> = {}) =>
  showView(<DeploymentsSection />, {
    deployments: async () => [...rows],
    deploymentUrl: name => `/base/modelop-jupyter/deployments/${name}/`,
    ...client
  });

describe('DeploymentsSection', () => {
  it('says what a deployment is, where there is none', async () => {
    await show([]);

    expect(screen.getByText(/No deployments yet/)).toBeInTheDocument();
  });

  it('has a line with state, rate, p95 and the last minute', async () => {
    await show([DEPLOYED]);

    expect(screen.getByRole('listitem')).toHaveTextContent('State: Readychurn@312/s · p95 3.4 ms');
    expect(screen.getByRole('img')).toHaveAccessibleName(
      'Requests of churn@3 in the last minute: at most 4 in a second'
    );
    expect(screen.getByText('1 of 1 running')).toBeInTheDocument();
  });

  it('leads to its page in this Jupyter server, in a new tab', async () => {
    await show([DEPLOYED]);
    const link = screen.getByRole('link', { name: 'Open the page of churn@3' });

    expect(link).toHaveAttribute(
      'href',
      'http://localhost/base/modelop-jupyter/deployments/churn/'
    );
    expect(link).toHaveAttribute('target', '_blank');
  });

  it('opens the deployment in the main area', async () => {
    const { executed } = await show([DEPLOYED]);
    fireEvent.click(screen.getByRole('button', { name: 'churn@3' }));

    expect(executed).toEqual([[CommandIDs.openModel, { model: 'churn', section: 'deployment' }]]);
  });

  it('stops it, and shows what it is then', async () => {
    const rows = [DEPLOYED];
    await show(rows, {
      stopDeployment: async () => {
        rows[0] = { ...DEPLOYED, state: 'stopped', url: null };
        return { deployment: rows[0], run: null };
      }
    });
    await settled(() => fireEvent.click(screen.getByRole('button', { name: 'Stop churn@3' })));

    expect(screen.getByRole('listitem')).toHaveTextContent('State: Stopped');
    expect(screen.queryByRole('link')).toBeNull();
    expect(screen.getByRole('button', { name: 'Deploy churn again' })).toBeInTheDocument();
  });

  it.each([
    [{}, 'Go back from churn@3 to churn@2'],
    [
      {
        shadow: {
          snapshot: 4,
          is_ready: true,
          compared: 0,
          different: 0,
          dropped: 0,
          examples: []
        }
      },
      'End the shadow churn@4'
    ]
  ])('goes back: %j', async (values, name) => {
    const asked: string[] = [];
    await show([{ ...DEPLOYED, ...values }], {
      rollBackDeployment: async model => {
        asked.push(model);
        return { deployment: DEPLOYED, run: null };
      }
    });
    await settled(() => fireEvent.click(screen.getByRole('button', { name })));

    expect(asked).toEqual(['churn']);
  });

  it('says why the last snapshot could not be deployed, while another one answers', async () => {
    const problem = { code: 'init', message: 'init raised KeyError', hint: null, snapshot: 4 };
    await show([{ ...DEPLOYED, problem }]);

    expect(screen.getByText(/init raised KeyError/)).toHaveTextContent(
      'churn@4: init raised KeyError'
    );
  });

  it('asks for nothing while it cannot be seen', async () => {
    let asked = 0;
    await showView(
      <VisibilityContext.Provider value={false}>
        <DeploymentsSection />
      </VisibilityContext.Provider>,
      {
        deployments: async () => {
          asked += 1;
          return [];
        }
      }
    );

    expect(asked).toBe(0);
  });
});
