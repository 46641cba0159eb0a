import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { showErrorMessage } from '@jupyterlab/apputils';
import { IDefaultFileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { addIcon } from '@jupyterlab/ui-components';
import { addFiles, selectedPaths } from '../jupyter/addFiles';
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
  optional: [IDefaultFileBrowser, IFileBrowserFactory],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    manager: IDocumentManager,
    browser: IDefaultFileBrowser | null,
    browsers: IFileBrowserFactory | null
  ): void => {
    const { client, changes, trans } = context;
    app.commands.addCommand(CommandIDs.addAsset, {
      label: trans.__('Add a file to the model…'),
      caption: trans.__('Choose a file, and add it to the model in the role of its name'),
      icon: addIcon,
      describedBy: commandArgs({ model: 'string' }),
      execute: async args => {
        const model = String(args['model']);
        const path = await chooseFile(manager, browser, trans.__('Choose a file for %1', model));
        if (path === null) {
          return;
        }
        try {
          await client.addAsset(model, path);
        } catch (error) {
          void showErrorMessage(trans.__('%1 was not added', path), error as Error);
        }
        await changes.refresh();
      }
    });
    const selectedFiles = () => selectedPaths(browsers);
    app.commands.addCommand(CommandIDs.addFiles, {
      label: trans.__('Add to model…'),
      caption: trans.__('Add the selected files to a model, each with a role'),
      icon: modelopIcon,
      describedBy: commandArgs({}),
      isVisible: () => selectedFiles().length > 0,
      execute: () => addFiles(context, selectedFiles())
    });
    app.contextMenu.addItem({
      command: CommandIDs.addFiles,
      selector: '.jp-DirListing-item[data-isdir="false"]',
      rank: 9
    });
    app.commands.addCommand(CommandIDs.openFunction, {
      label: trans.__('Show the function'),
      icon: modelopIcon,
      describedBy: commandArgs(
        { model: 'string', name: 'string', asset: 'string' },
        { notebook: 'string', cell: 'string', line: 'integer' }
      ),
      execute: async args => {
        const notebook = args['notebook'] as string | null | undefined;
        const cell = (args['cell'] as string | null | undefined) ?? null;
        const name = String(args['name']);
        if (notebook && (await openFunctionDefinition(manager, notebook, name, cell))) {
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
