import { fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ILogFilter } from '../../api/client';
import type { JobRecord } from '../../api/types';
import { LogTab } from '../../mainArea/jobLog';
import { show } from '../services';

describe('LogTab', () => {
  it('asks for the lines that are wanted', async () => {
    const asked: ILogFilter[] = [];
    const client = {
      log: async (_job: string, cursor: string, filter: ILogFilter) => {
        asked.push(filter);
        return { lines: [JSON.stringify(filter)], cursor, is_done: true };
      }
    };
    await show(<LogTab job={{ id: '3f2a1c00', kind: 'batch' } as unknown as JobRecord} />, client);
    fireEvent.change(screen.getByLabelText('Find lines of the log'), {
      target: { value: ' low ' }
    });
    fireEvent.change(screen.getByLabelText('Level'), { target: { value: 'WARNING' } });
    fireEvent.change(screen.getByLabelText(/Only what the record/), { target: { value: '1x2' } });

    const wanted = { grep: 'low', level: 'WARNING', record: 12 };
    await waitFor(() => expect(screen.getByRole('log')).toHaveTextContent(JSON.stringify(wanted)));
    expect(asked[0]).toEqual({});
  });
});
