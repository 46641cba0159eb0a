import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { notifyManager } from '@tanstack/react-query';
import { act, render } from '@testing-library/react';
import * as React from 'react';
import type { ChangeFeed, IChange } from '../../api/changes';
import type { ApiClient } from '../../api/client';
import type { JobRecord } from '../../api/types';
import type { IModelOp } from '../../state/context';
import { ModelOpContext } from '../../state/context';
import { ExpansionState } from '../../state/expansionState';
import { Preferences } from '../../state/preferences';
import { createQueryClient } from '../../state/queries';
import { CommandIDs } from '../../tokens';

// Not by timers, which a busy machine delays.
notifyManager.setScheduler(queueMicrotask);

/** A batch that has ended with bad records. */
export const JOB: JobRecord = {
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
  has_passed: true,
  state: { text: 'Finished with 3 failed records', tone: 'bad' }
};

/** What a view has done with its services. */
export interface IShown {
  readonly changed: Signal<object, IChange>;
  /** The commands that were executed, with their arguments. */
  readonly executed: [string, unknown][];
}

/** Do something, and let all promises settle. */
export async function settled(action: () => unknown): Promise<void> {
  act(() => void action());
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve));
  });
}

/** Render a view with these responses of the server; commands that are left out do not exist. */
export async function show(
  view: JSX.Element,
  client: Partial<ApiClient>,
  withoutCommands: readonly string[] = []
): Promise<IShown> {
  const commands = new CommandRegistry();
  const executed: [string, unknown][] = [];
  for (const id of [...Object.values(CommandIDs), 'docmanager:open']) {
    if (!withoutCommands.includes(id)) {
      commands.addCommand(id, { execute: args => void executed.push([id, { ...args }]) });
    }
  }
  const changed = new Signal<object, IChange>({});
  const changes = { changed, refresh: async () => undefined } as unknown as ChangeFeed;
  const context: IModelOp = {
    client: client as ApiClient,
    changes,
    commands,
    preferences: new Preferences(),
    queries: createQueryClient(changes),
    rendermime: null,
    trans: nullTranslator.load('modelop-jupyter'),
    expansionState: new ExpansionState()
  };
  await settled(() =>
    render(<ModelOpContext.Provider value={context}>{view}</ModelOpContext.Provider>)
  );
  return { changed, executed };
}
