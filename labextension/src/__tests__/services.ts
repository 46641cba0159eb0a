import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { act } from '@testing-library/react';
import type { ChangeFeed, IChange } from '../api/changes';
import type { ApiClient } from '../api/client';
import type { IModelOp } from '../state/context';
import { ExpansionState } from '../state/expansionState';
import { Preferences } from '../state/preferences';
import { createQueryClient } from '../state/queries';

/** Return the services of a server of which only these operations answer. */
export function servicesWith(client: Partial<ApiClient>): IModelOp {
  const changed = new Signal<object, IChange>({});
  const changes = { changed, refresh: async () => undefined } as unknown as ChangeFeed;
  return {
    client: client as ApiClient,
    changes,
    commands: new CommandRegistry(),
    preferences: new Preferences(),
    queries: createQueryClient(changes),
    rendermime: null,
    trans: nullTranslator.load('modelop-jupyter'),
    expansionState: new ExpansionState()
  };
}

/** Show a dialog, and return a function that gives its answer when it is closed. */
export async function shown<T>(show: () => Promise<T>): Promise<() => Promise<T>> {
  let answer: Promise<T> | null = null;
  await act(async () => {
    answer = show();
    // The dialog is attached in the next turn of the event loop.
    await new Promise(resolve => setTimeout(resolve, 0));
  });
  return () => answer as Promise<T>;
}
