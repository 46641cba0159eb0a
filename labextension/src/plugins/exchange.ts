import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification, showErrorMessage } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { Exported } from '../api/types';
import type { IExport } from '../dialogs/exportModel';
import { chooseModel } from '../dialogs/chooseModel';
import { askUntilDone } from '../dialogs/formDialog';
import { selectedPaths } from '../jupyter/addFiles';
import { commandArgs } from '../jupyter/commandArgs';
import { chooseFile } from '../jupyter/fileBrowser';
import { modelopIcon } from '../jupyter/icons';
import { IModelOp } from '../state/context';
import { CommandIDs, SIDEBAR_ID } from '../tokens';

export const exchange: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:exchange',
  description: 'Exports models to files of the file browser, and imports them from there.',
  autoStart: true,
  requires: [IModelOp, IDocumentManager],
  optional: [IDefaultFileBrowser, IFileBrowserFactory, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    manager: IDocumentManager,
    browser: IDefaultFileBrowser | null,
    browsers: IFileBrowserFactory | null,
    palette: ICommandPalette | null
  ): void => {
    const { client, changes, expansionState, trans } = context;

    const ask = async (model: string): Promise<Exported | null> => {
      const { exportModelDialog, firstExport } = await import('../dialogs/exportModel');
      const { rows: snapshots } = await client.snapshots(model);
      const folder =
        browser === null ? '' : app.serviceManager.contents.localPath(browser.model.path);
      const first = firstExport(model, folder);
      return askUntilDone<IExport, Exported>(
        (before, error) =>
          exportModelDialog(context, { model, snapshots, initial: before ?? first }, error),
        ({ ref, request }) => client.exportModel(ref, request)
      );
    };

    const report = async ({
      ref,
      path,
      warnings,
      was_there: wasThere
    }: Exported): Promise<void> => {
      const told = wasThere
        ? trans.__('%1 is in %2 already, just so', ref, path)
        : trans.__('%1 is exported to %2', ref, path);
      const url = path.endsWith('.zip')
        ? await app.serviceManager.contents.getDownloadUrl(path)
        : null;
      const download = {
        label: trans.__('Download'),
        callback: () => void window.open(url ?? '', '_blank', 'noopener')
      };
      const message = [told, ...warnings].join('. ');
      Notification.emit(message, warnings.length > 0 ? 'warning' : 'success', {
        autoClose: 30_000,
        actions: url === null ? [] : [download]
      });
      void browser?.model.refresh();
    };

    app.commands.addCommand(CommandIDs.exportModel, {
      label: trans.__('Export model…'),
      caption: trans.__('Write a model or a snapshot to a file or folder of the file browser'),
      describedBy: commandArgs({}, { model: 'string' }),
      execute: async args => {
        const given = args['model'] as string | undefined;
        const model = given ?? (await chooseModel(context, trans.__('Export a model')));
        if (model === null) {
          return;
        }
        try {
          const exported = await ask(model);
          if (exported !== null) {
            await report(exported);
          }
        } catch (error) {
          await showErrorMessage(trans.__('%1 was not exported', model), error as Error);
        }
      }
    });

    const take = async (path: string): Promise<void> => {
      try {
        const { registration, snapshot, is_new: isNew } = await client.importModel(path);
        const { name } = registration.model;
        await changes.refresh();
        app.shell.activateById(SIDEBAR_ID);
        expansionState.expandPart(name, 'functions');
        const ref = `${snapshot.model}@${snapshot.number}`;
        const told = isNew
          ? trans.__('%1 is imported', ref)
          : trans.__('%1 was there already, just so', ref);
        Notification.success([told, ...registration.warnings].join('. '));
      } catch (error) {
        await showErrorMessage(trans.__('%1 was not imported', path), error as Error);
      }
    };

    const selectedExport = (): string | null => {
      const paths = selectedPaths(browsers);
      return paths.length === 1 && paths[0].toLowerCase().endsWith('.zip') ? paths[0] : null;
    };
    app.commands.addCommand(CommandIDs.importModel, {
      label: args =>
        args['from'] === 'selection' ? trans.__('Import as a model') : trans.__('Import a model…'),
      caption: trans.__('Register the model of a file that Export has written'),
      icon: modelopIcon,
      describedBy: commandArgs({}, { from: 'string' }),
      isVisible: args => args['from'] !== 'selection' || selectedExport() !== null,
      execute: async args => {
        const title = trans.__('Choose the .zip file of an export');
        const path =
          args['from'] === 'selection'
            ? selectedExport()
            : await chooseFile(manager, browser, title);
        if (path !== null) {
          await take(app.serviceManager.contents.localPath(path));
        }
      }
    });
    app.contextMenu.addItem({
      command: CommandIDs.importModel,
      args: { from: 'selection' },
      selector: '.jp-DirListing-item[data-isdir="false"]',
      rank: 9
    });
    const category = trans.__('ModelOp');
    palette?.addItem({ command: CommandIDs.exportModel, category });
    palette?.addItem({ command: CommandIDs.importModel, category });
  }
};
