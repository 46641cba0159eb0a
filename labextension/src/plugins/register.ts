import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification, showErrorMessage } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { currentCells, executedCells, followExecutions } from '../cells';
import type { IModelOp as IContext } from '../context';
import { described } from '../described';
import { modelopIcon } from '../icons';
import { CommandIDs, SIDEBAR_ID } from '../tokens';
import type { Registration } from '../types';
import { IModelOp } from './core';

export const register: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:register',
  description: 'Registers the open notebook as a model: toolbar, palette and sidebar.',
  autoStart: true,
  requires: [IModelOp, INotebookTracker],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    context: IContext,
    tracker: INotebookTracker,
    palette: ICommandPalette | null
  ): void => {
    const { changes, trans } = context;
    const { commands } = app;
    followExecutions();
    commands.addCommand(CommandIDs.register, {
      label: args => (args['isToolbar'] ? '' : trans.__('Register this notebook as a model…')),
      caption: trans.__('Register this notebook as a model'),
      icon: modelopIcon,
      describedBy: described({}),
      isEnabled: () => tracker.currentWidget !== null,
      execute: async () => {
        const panel = tracker.currentWidget;
        if (panel === null) {
          return;
        }
        const cells = await Promise.race([executedCells(panel), nothingAfter(PATIENCE)]);
        if (cells === null) {
          await showErrorMessage(
            trans.__('The kernel is busy'),
            trans.__('It tells what it has run once the cell that runs is done.')
          );
          return;
        }
        if (cells.length === 0) {
          await showErrorMessage(
            trans.__('Nothing was run yet'),
            trans.__(
              'This kernel has run no cell: run those that make the model, then register the notebook.'
            )
          );
          return;
        }
        const { registerDialog } = await import('../dialogs/register');
        const path = panel.context.path;
        const subject = { notebook: path, cells, current: currentCells(panel) };
        const done = await registerDialog(context, subject, modelName(path));
        if (done !== null) {
          await changes.refresh();
          app.shell.activateById(SIDEBAR_ID);
          Notification.success(said(done, context), { autoClose: 4000 });
        }
      }
    });
    tracker.currentChanged.connect(() => commands.notifyCommandChanged(CommandIDs.register));
    palette?.addItem({ command: CommandIDs.register, category: trans.__('ModelOp') });
  }
};

// A kernel answers when the cell that it runs is done.
const PATIENCE = 5000;

function nothingAfter(milliseconds: number): Promise<null> {
  return new Promise(resolve => window.setTimeout(() => resolve(null), milliseconds));
}

/** Return what a notebook's model may be called: its name, in the letters that a model may have. */
function modelName(path: string): string {
  const plain = PathExt.basename(path, '.ipynb').replace(/[^A-Za-z0-9._-]+/g, '-');
  return plain.replace(/^[^A-Za-z0-9]+/, '') || 'model';
}

function said({ model, created, changes }: Registration, { trans }: IContext): string {
  if (created) {
    return trans.__('%1 is registered', model.name);
  }
  return changes.length > 0
    ? trans.__('%1: %2', model.name, changes.join(', '))
    : trans.__('%1 is unchanged', model.name);
}
