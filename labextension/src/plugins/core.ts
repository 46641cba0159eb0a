import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import { Changes } from '../changes';
import { Client } from '../client';
import type { IModelOp as IContext } from '../context';
import { Preferences } from '../preferences';
import { Unfolded } from '../unfolded';

/** What our own plugins share: client, changes, commands and words. */
export const IModelOp = new Token<IContext>(
  'modelop-jupyter:IModelOp',
  'The client of the modelop-jupyter server extension, and news of what has changed there.'
);

export const core: JupyterFrontEndPlugin<IContext> = {
  id: 'modelop-jupyter:core',
  description: 'Speaks to the server extension, and tells what has changed.',
  autoStart: true,
  provides: IModelOp,
  optional: [ITranslator, ISettingRegistry, IRenderMimeRegistry, IStateDB],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    registry: ISettingRegistry | null,
    rendermime: IRenderMimeRegistry | null,
    state: IStateDB | null
  ): IContext => {
    const { serverSettings, events } = app.serviceManager;
    const client = new Client(serverSettings);
    const changes = new Changes({ counts: () => client.changes(), events });
    const preferences = new Preferences();
    preferences.changed.connect(() => {
      changes.interval = preferences.interval;
    });
    registry?.load(core.id).then(
      settings => preferences.follow(settings),
      reason => console.warn(`${core.id}: no settings (${reason}), so the defaults are used`)
    );
    const trans = (translator ?? nullTranslator).load('modelop-jupyter');
    const unfolded = new Unfolded();
    if (state !== null) {
      void unfolded.follow(state, client);
    }
    const { commands } = app;
    return { client, changes, commands, preferences, rendermime, trans, unfolded };
  }
};
