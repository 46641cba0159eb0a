import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import { consoleIcon, notebookIcon } from '@jupyterlab/ui-components';
import { commandArgs } from '../jupyter/commandArgs';
import { insertMagic, runMagic } from '../jupyter/notebookCells';
import { pythonKernel } from '../jupyter/pythonKernel';
import { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

export const kernels: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:kernels',
  description: 'Opens notebooks, consoles and failed records in the isolated kernels of models.',
  autoStart: true,
  requires: [IModelOp],
  optional: [INotebookTracker, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    tracker: INotebookTracker | null,
    browser: IDefaultFileBrowser | null
  ): void => {
    const { client, trans } = context;
    app.commands.addCommand(CommandIDs.openKernel, {
      label: args =>
        args['as'] === 'console'
          ? trans.__('New console in its environment')
          : trans.__('New notebook in its environment'),
      caption: trans.__('Open a notebook or console in the isolated environment of a model'),
      icon: args => (args['as'] === 'console' ? consoleIcon : notebookIcon),
      describedBy: commandArgs({ model: 'string', as: 'string' }),
      execute: async args => {
        const id = Notification.emit(trans.__('Preparing the kernel…'), 'in-progress', {
          autoClose: false
        });
        try {
          const spec = await client.installKernel(String(args['model']));
          await app.serviceManager.kernelspecs.refreshSpecs();
          const isConsole = args['as'] === 'console';
          await app.commands.execute(isConsole ? 'console:create' : 'notebook:create-new', {
            cwd: browser?.model.path ?? '',
            kernelName: spec.name,
            kernelPreference: { name: spec.name }
          });
          Notification.dismiss(id);
        } catch (reason) {
          const message = (reason as Error).message;
          Notification.update({ id, message, type: 'error', autoClose: 8000 });
        }
      }
    });
    app.commands.addCommand(CommandIDs.insertKernelCell, {
      label: trans.__('Insert a cell that runs in the isolated kernel'),
      icon: notebookIcon,
      describedBy: commandArgs({ model: 'string' }),
      execute: async args => {
        const panel = await notebookForMagics(app, tracker, browser);
        app.shell.activateById(panel.id);
        insertMagic(panel, `%%modelop run ${args['model']}\n`);
      }
    });
    app.commands.addCommand(CommandIDs.openRecord, {
      label: trans.__('Open record in isolated kernel'),
      icon: notebookIcon,
      describedBy: commandArgs({ model: 'string', index: 'integer' }, { job: 'string' }),
      execute: async args => {
        const job = args['job'] as string | undefined;
        const record = `${job?.slice(0, 8) ?? 'deployment'}:${args['index']}`;
        const source = `%%modelop run ${args['model']} --record ${record}\nrecord`;
        const panel = await notebookForMagics(app, tracker, browser);
        app.shell.activateById(panel.id);
        await runMagic(panel, source);
      }
    });
  }
};

/** Return the open notebook, or a new one if its kernel is the isolated kernel of a model. */
async function notebookForMagics(
  app: JupyterFrontEnd,
  tracker: INotebookTracker | null,
  browser: IDefaultFileBrowser | null
): Promise<NotebookPanel> {
  const { kernelspecs } = app.serviceManager;
  const current = tracker?.currentWidget ?? null;
  const kernel = current?.sessionContext.session?.kernel?.name ?? '';
  if (current !== null && !kernelspecs.specs?.kernelspecs[kernel]?.metadata?.['modelop']) {
    return current;
  }
  const panel: NotebookPanel = await app.commands.execute('notebook:create-new', {
    cwd: browser?.model.path ?? '',
    kernelName: pythonKernel(kernelspecs.specs)
  });
  await panel.context.ready;
  await panel.sessionContext.ready;
  return panel;
}
