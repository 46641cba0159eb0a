import type { CommandRegistry } from '@lumino/commands';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  createContext,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useState,
  useSyncExternalStore
} from 'react';
import type { Changes, IChange, Topic } from './changes';
import type { Client } from './client';
import { Live } from './live';
import type { Preferences } from './preferences';
import type { Unfolded } from './unfolded';

/** What every view of ours needs. */
export interface IModelOp {
  readonly client: Client;
  readonly changes: Changes;
  readonly commands: CommandRegistry;
  readonly preferences: Preferences;
  /** What shows charts and HTML; null where a host has none. */
  readonly rendermime: IRenderMimeRegistry | null;
  readonly trans: TranslationBundle;
  readonly unfolded: Unfolded;
}

export const ModelOpContext = createContext<IModelOp | null>(null);

/** Return what the view was given by the plugin that made it. */
export function useModelOp(): IModelOp {
  const found = useContext(ModelOpContext);
  if (found === null) {
    throw new Error('there is no ModelOpContext around this component');
  }
  return found;
}

/** An answer of the server as a component shows it. */
export interface ILive<T> {
  readonly value: T | undefined;
  readonly error: Error | null;
  readonly isLoading: boolean;
  readonly refresh: () => Promise<void>;
}

/**
 * Ask the server, and again whenever one of the topics changes.
 *
 * `key` says what is asked: another key is another question.
 */
export function useLive<T>(
  key: string,
  topics: readonly Topic[],
  ask: (client: Client) => Promise<T>,
  isMeant?: (change: IChange) => boolean
): ILive<T> {
  const { client, changes } = useModelOp();
  const [, render] = useReducer((count: number) => count + 1, 0);
  const live = useMemo(
    () => new Live<T>({ ask: () => ask(client), changes, topics, isMeant }),
    // The key stands for the question and its topics.
    [client, changes, key]
  );
  useEffect(() => {
    live.stateChanged.connect(render);
    void live.refresh();
    return () => live.dispose();
  }, [live]);
  return {
    value: live.value,
    error: live.error,
    isLoading: live.isLoading,
    refresh: () => live.refresh()
  };
}

/** Return the parts of a model that are open, null for one that is folded, and again when that changes. */
export function useUnfolded(model: string): readonly string[] | null {
  const { unfolded } = useModelOp();
  return useSyncExternalStore(
    listener => {
      unfolded.changed.connect(listener);
      return () => unfolded.changed.disconnect(listener);
    },
    () => unfolded.parts(model)
  );
}

/** Say whether a command can be executed, and again whenever that changes. */
export function useEnabled(id: string): boolean {
  const { commands } = useModelOp();
  const [isEnabled, setEnabled] = useState(false);
  useEffect(() => {
    const look = () => setEnabled(commands.hasCommand(id) && commands.isEnabled(id));
    look();
    commands.commandChanged.connect(look);
    return () => {
      commands.commandChanged.disconnect(look);
    };
  }, [commands, id]);
  return isEnabled;
}
