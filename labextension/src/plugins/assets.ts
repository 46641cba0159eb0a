import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { addIcon } from '@jupyterlab/ui-components';
import { commandArgs } from '../jupyter/commandArgs';
import { chooseFile } from '../jupyter/fileBrowser';
import { openFunctionDefinition } from '../jupyter/functionDefinition';
import { modelopIcon } from '../jupyter/icons';
import { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

export const assets: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:assets',
  description: 'Adds files to models, and opens the source of their functions.',
  autoStart: true,
  requires: [IModelOp, IDocumentManager],
  optional: [IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    manager: IDocumentManager,
    browser: IDefaultFileBrowser | null
  ): void => {
    const { client, trans } = context;
    app.commands.addCommand(CommandIDs.addAsset, {
      label: trans.__('Add a file to the model…'),
      icon: addIcon,
      describedBy: commandArgs({ model: 'string' }),
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
      describedBy: commandArgs(
        { model: 'string', name: 'string', asset: 'string' },
        { notebook: 'string', line: 'integer' }
      ),
      execute: async args => {
        const notebook = args['notebook'] as string | null | undefined;
        if (notebook && (await openFunctionDefinition(manager, notebook, String(args['name'])))) {
          return;
        }
        const model = String(args['model']);
        const content = await client.assetContent(model, String(args['asset']));
        const { openSource } = await import('../mainArea/sourceView');
        openSource(app, context, model, content, (args['line'] as number | null) ?? null);
      }
    });
  }
};
