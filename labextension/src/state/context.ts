import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Token } from '@lumino/coreutils';
import type { QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { ChangeFeed } from '../api/changes';
import type { ApiClient } from '../api/client';
import type { ExpansionState } from './expansionState';
import type { Preferences } from './preferences';

/** The services that all plugins and views of this extension share. */
export interface IModelOp {
  readonly client: ApiClient;
  readonly changes: ChangeFeed;
  readonly commands: CommandRegistry;
  readonly expansionState: ExpansionState;
  /** The languages of JupyterLab's editor; null in applications without it. */
  readonly languages: IEditorLanguageRegistry | null;
  readonly preferences: Preferences;
  readonly queries: QueryClient;
  /** Renders charts and HTML; null in applications without renderers. */
  readonly rendermime: IRenderMimeRegistry | null;
  readonly trans: TranslationBundle;
}

export const IModelOp = new Token<IModelOp>(
  'modelop-jupyter:IModelOp',
  'The client of the modelop-jupyter server extension, and a signal of changes of its data.'
);

export const ModelOpContext = createContext<IModelOp | null>(null);

/** Return the shared services; throws outside a `ModelOpContext`. */
export function useModelOp(): IModelOp {
  const context = useContext(ModelOpContext);
  if (context === null) {
    throw new Error('there is no ModelOpContext around this component');
  }
  return context;
}

/** Return the ids of a model's expanded parts, null for a collapsed model. */
export function useExpandedParts(model: string): readonly string[] | null {
  const { expansionState } = useModelOp();
  return useSyncExternalStore(
    listener => {
      expansionState.changed.connect(listener);
      return () => expansionState.changed.disconnect(listener);
    },
    () => expansionState.expandedParts(model)
  );
}

/** Return whether a command is enabled. */
export function useCommandEnabled(id: string): boolean {
  const { commands } = useModelOp();
  const [isEnabled, setEnabled] = useState(false);
  useEffect(() => {
    const update = () => setEnabled(commands.hasCommand(id) && commands.isEnabled(id));
    update();
    commands.commandChanged.connect(update);
    return () => {
      commands.commandChanged.disconnect(update);
    };
  }, [commands, id]);
  return isEnabled;
}

/** Return whether a command is toggled. */
export function useCommandToggled(id: string): boolean {
  const { commands } = useModelOp();
  return useSyncExternalStore(
    listener => {
      commands.commandChanged.connect(listener);
      return () => commands.commandChanged.disconnect(listener);
    },
    () => commands.hasCommand(id) && commands.isToggled(id)
  );
}
