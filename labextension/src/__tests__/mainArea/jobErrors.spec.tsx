import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { render, screen } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ChangeFeed, IChange } from '../../api/changes';
import type { ApiClient } from '../../api/client';
import type { JobRecord, RecordError } from '../../api/types';
import { ErrorsTab } from '../../mainArea/jobErrors';
import { ModelOpContext } from '../../state/context';
import { ExpansionState } from '../../state/expansionState';
import { Preferences } from '../../state/preferences';
import { createQueryClient } from '../../state/queries';

const ERROR: RecordError = {
  index: 7,
  stage: 'model',
  message: 'no age',
  exception: 'ValueError',
  traceback: null,
  slot: 0,
  record: null
};

/** Show the errors of a job. */
function show(rows: RecordError[]): void {
  const client = {
    recordErrors: async () => ({ rows, offset: 0, total: rows.length }),
    errorGroups: async () => []
  };
  const changes = { changed: new Signal<object, IChange>({}) } as unknown as ChangeFeed;
  render(
    <ModelOpContext.Provider
      value={{
        client: client as unknown as ApiClient,
        changes,
        commands: new CommandRegistry(),
        preferences: new Preferences(),
        queries: createQueryClient(changes),
        rendermime: null,
        trans: nullTranslator.load('modelop-jupyter'),
        expansionState: new ExpansionState()
      }}
    >
      <ErrorsTab job={{ id: '3f2a1c00', model: 'm' } as unknown as JobRecord} />
    </ModelOpContext.Provider>
  );
}

describe('ErrorsTab', () => {
  it.each([
    [{}, 'record 7'],
    [{ file: 'b.json' }, 'record 7 in b.json'],
    [{ slot: 2 }, 'record 7 of slot 2']
  ])('names a record with its file or slot: %j', async (place, name) => {
    show([{ ...ERROR, ...place }]);

    expect(await screen.findByText(name)).toBeInTheDocument();
  });
});
