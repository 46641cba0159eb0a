import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ChangeFeed } from '../api/changes';
import { ApiClient } from '../api/client';
import { IModelOp } from '../state/context';
import { ExpansionState } from '../state/expansionState';
import { Preferences } from '../state/preferences';
import { createQueryClient } from '../state/queries';

export const core: JupyterFrontEndPlugin<IModelOp> = {
  id: 'modelop-jupyter:core',
  description: 'Provides the client of the server extension and a signal of changes of its data.',
  autoStart: true,
  provides: IModelOp,
  optional: [ITranslator, ISettingRegistry, IRenderMimeRegistry, IStateDB, IEditorLanguageRegistry],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    registry: ISettingRegistry | null,
    rendermime: IRenderMimeRegistry | null,
    state: IStateDB | null,
    languages: IEditorLanguageRegistry | null
  ): IModelOp => {
    const { serverSettings, events } = app.serviceManager;
    const client = new ApiClient(serverSettings, translator?.languageCode);
    const changes = new ChangeFeed({ fetchCounts: () => client.changes(), events });
    const preferences = new Preferences();
    preferences.changed.connect(() => {
      changes.interval = preferences.interval;
      changes.pollsWhenHidden = preferences.notifiesByBrowser;
    });
    registry?.load(core.id).then(
      settings => preferences.follow(settings),
      reason => console.warn(`${core.id}: using the default settings (${reason})`)
    );
    const trans = (translator ?? nullTranslator).load('modelop-jupyter');
    const expansionState = new ExpansionState();
    if (state !== null) {
      void expansionState.restore(state, client);
    }
    return {
      client,
      changes,
      commands: app.commands,
      expansionState,
      languages,
      preferences,
      queries: createQueryClient(changes),
      rendermime,
      trans
    };
  }
};
