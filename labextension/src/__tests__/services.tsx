import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { notifyManager } from '@tanstack/react-query';
import { act, render } from '@testing-library/react';
import * as React from 'react';
import type { ChangeFeed, IChange } from '../api/changes';
import type { ApiClient } from '../api/client';
import type { IPage } from '../api/types';
import type { IModelOp } from '../state/context';
import { ModelOpContext } from '../state/context';
import { ExpansionState } from '../state/expansionState';
import { Preferences } from '../state/preferences';
import { createQueryClient } from '../state/queries';
import { CommandIDs } from '../tokens';

// Not by timers, which a busy machine delays.
notifyManager.setScheduler(queueMicrotask);

/** Return a response of the server; pytest validates the same file against the OpenAPI document. */
export function wire<T>(name: string): T {
  return jest.requireActual<T & object>(`../../../tests/wire/${name}.json`);
}

export function page<T>(...rows: T[]): IPage<T> {
  return { rows, offset: 0, total: rows.length };
}

/** Return the services of a server of which only these operations answer. */
export function servicesWith(
  client: Partial<ApiClient>,
  commands = new CommandRegistry(),
  changed = new Signal<object, IChange>({})
): IModelOp {
  const changes = { changed, refresh: async () => undefined } as unknown as ChangeFeed;
  return {
    client: client as ApiClient,
    changes,
    commands,
    preferences: new Preferences(),
    queries: createQueryClient(changes),
    languages: null,
    rendermime: null,
    trans: nullTranslator.load('modelop-jupyter'),
    expansionState: new ExpansionState()
  };
}

/** Do something, and let all promises settle. */
export async function settled(action: () => unknown): Promise<void> {
  act(() => void action());
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve));
  });
}

/** What a view has done with its services. */
export interface IShown {
  readonly changed: Signal<object, IChange>;
  /** The commands that were executed, with their arguments. */
  readonly executed: [string, unknown][];
}

/** Render a view with these responses of the server, and commands that are recorded. */
export async function show(
  view: JSX.Element,
  client: Partial<ApiClient>,
  {
    disabled = [],
    absent = []
  }: {
    /** Commands that cannot be used. */
    readonly disabled?: readonly string[];
    /** Commands that do not exist. */
    readonly absent?: readonly string[];
  } = {}
): Promise<IShown> {
  const commands = new CommandRegistry();
  const executed: [string, unknown][] = [];
  const ids = [...Object.values(CommandIDs), 'docmanager:open'];
  for (const id of ids.filter(each => !absent.includes(each))) {
    commands.addCommand(id, {
      label: id,
      isEnabled: () => !disabled.includes(id),
      execute: args => void executed.push([id, { ...args }])
    });
  }
  const changed = new Signal<object, IChange>({});
  const context = servicesWith(client, commands, changed);
  await settled(() =>
    render(<ModelOpContext.Provider value={context}>{view}</ModelOpContext.Provider>)
  );
  return { changed, executed };
}

/** Show a dialog, and return a function that gives its answer when it is closed. */
export async function shown<T>(open: () => Promise<T>): Promise<() => Promise<T>> {
  let answer: Promise<T> | null = null;
  await act(async () => {
    answer = open();
    // The dialog is attached in the next turn of the event loop.
    await new Promise(resolve => setTimeout(resolve, 0));
  });
  return () => answer as Promise<T>;
}
