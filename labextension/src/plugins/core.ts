import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import { Changes } from '../changes';
import { Client } from '../client';
import type { IModelOp as IContext } from '../context';

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
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): IContext => {
    const { serverSettings, events } = app.serviceManager;
    const client = new Client(serverSettings);
    const changes = new Changes({ counts: () => client.changes(), events });
    const trans = (translator ?? nullTranslator).load('modelop-jupyter');
    return { client, changes, commands: app.commands, trans };
  }
};
