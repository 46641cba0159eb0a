import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { addIcon } from '@jupyterlab/ui-components';
import type { IModelOp as IContext } from '../context';
import { openDefinition } from '../definition';
import { described } from '../described';
import { chooseFile } from '../files';
import { modelopIcon } from '../icons';
import { CommandIDs } from '../tokens';
import { IModelOp } from './core';

export const assets: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:assets',
  description: 'Adds files to models, and shows their functions.',
  autoStart: true,
  requires: [IModelOp, IDocumentManager],
  optional: [IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    context: IContext,
    manager: IDocumentManager,
    browser: IDefaultFileBrowser | null
  ): void => {
    const { client, trans } = context;
    app.commands.addCommand(CommandIDs.addAsset, {
      label: trans.__('Add a file to the model…'),
      icon: addIcon,
      describedBy: described({ model: 'string' }),
      execute: async args => {
        const model = String(args['model']);
        const path = await chooseFile(manager, browser, trans.__('Choose a file for %1', model));
        if (path !== null) {
          await client.addAsset(model, path);
        }
      }
    });
    app.commands.addCommand(CommandIDs.openFunction, {
      label: trans.__('Show the function'),
      icon: modelopIcon,
      describedBy: described(
        { model: 'string', name: 'string', asset: 'string' },
        { notebook: 'string', line: 'integer' }
      ),
      execute: async args => {
        const notebook = args['notebook'] as string | null | undefined;
        if (notebook && (await openDefinition(manager, notebook, String(args['name'])))) {
          return;
        }
        const model = String(args['model']);
        const content = await client.content(model, String(args['asset']));
        const { openSource } = await import('../source');
        openSource(app, context, model, content, (args['line'] as number | null) ?? null);
      }
    });
  }
};
