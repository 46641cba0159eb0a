import { fireEvent, screen } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { JobDetail } from '../../api/types';
import { JobOutput } from '../../mainArea/jobOutput';
import { CommandIDs } from '../../tokens';
import { show } from '../services';
import { JOB } from '../endedJob';

const client = { outputUrl: (job: string) => `/base/modelop-jupyter/jobs/${job}/output` };

function detail(output: string | null, path = '/root/data/out.json'): JobDetail {
  return { record: { ...JOB, output: path }, output } as JobDetail;
}

describe('JobOutput', () => {
  it('opens a file of the file browser', async () => {
    const { executed } = await show(<JobOutput detail={detail('data/out.json')} />, client);
    fireEvent.click(screen.getByRole('button', { name: 'Open' }));

    expect(executed).toEqual([['docmanager:open', { path: 'data/out.json' }]]);
  });

  it('says why an output that is kept with the job does not open, and downloads it', async () => {
    const { executed } = await show(<JobOutput detail={detail(null)} />, client);
    const open = screen.getByRole('button', { name: 'Open' });
    fireEvent.click(open);

    expect(executed).toEqual([]);
    expect(open).toHaveAccessibleDescription(/kept with the job/);
    expect(screen.getByRole('link', { name: 'Download' })).toHaveAttribute(
      'href',
      `/base/modelop-jupyter/jobs/${JOB.id}/output`
    );
  });

  it('does not open what is outside of the file browser', async () => {
    const elsewhere = '/elsewhere/out.json';
    await show(<JobOutput detail={detail(elsewhere, elsewhere)} />, client);

    expect(screen.getByRole('button', { name: 'Open' })).toHaveAccessibleDescription(/outside/);
  });

  it('loads the output into the open notebook', async () => {
    const { executed } = await show(<JobOutput detail={detail(null)} />, client);
    fireEvent.click(screen.getByRole('button', { name: 'Load as DataFrame' }));

    expect(executed).toEqual([[CommandIDs.loadOutput, { job: JOB.id }]]);
  });

  it('asks for a notebook where none is open', async () => {
    await show(<JobOutput detail={detail(null)} />, client, { absent: [CommandIDs.loadOutput] });

    expect(screen.getByRole('button', { name: 'Load as DataFrame' })).toHaveAccessibleDescription(
      'Open a notebook first'
    );
  });

  it('shows nothing before there is an output', async () => {
    const running = { ...detail(null), record: { ...JOB, status: 'RUNNING' as const } };
    await show(<JobOutput detail={running} />, client);

    expect(screen.queryByText(/Output/)).toBeNull();
  });
});
