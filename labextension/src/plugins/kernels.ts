import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import { consoleIcon, notebookIcon } from '@jupyterlab/ui-components';
import { runMagic } from '../cells';
import type { IModelOp as IContext } from '../context';
import { described } from '../described';
import { CommandIDs } from '../tokens';
import { IModelOp } from './core';

export const kernels: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:kernels',
  description: 'Opens notebooks, consoles and records in the isolated kernels of models.',
  autoStart: true,
  requires: [IModelOp],
  optional: [INotebookTracker, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    context: IContext,
    tracker: INotebookTracker | null,
    browser: IDefaultFileBrowser | null
  ): void => {
    const { client, trans } = context;
    app.commands.addCommand(CommandIDs.openKernel, {
      label: trans.__('Open in isolated environment'),
      icon: args => (args['as'] === 'console' ? consoleIcon : notebookIcon),
      describedBy: described({ model: 'string', as: 'string' }),
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
    app.commands.addCommand(CommandIDs.openRecord, {
      label: trans.__('Open record in isolated kernel'),
      icon: notebookIcon,
      describedBy: described({ job: 'string', model: 'string', index: 'integer' }),
      execute: async args => {
        const record = `${String(args['job']).slice(0, 8)}:${args['index']}`;
        const source = `%%modelop run ${args['model']} --record ${record}\nrecord`;
        const panel = await notebookWithMagics(app, tracker, browser);
        app.shell.activateById(panel.id);
        await runMagic(panel, source);
      }
    });
  }
};

/** Return the notebook that is open, unless its kernel is a model's own; else a new one. */
async function notebookWithMagics(
  app: JupyterFrontEnd,
  tracker: INotebookTracker | null,
  browser: IDefaultFileBrowser | null
): Promise<NotebookPanel> {
  const { kernelspecs } = app.serviceManager;
  const open = tracker?.currentWidget ?? null;
  const kernel = open?.sessionContext.session?.kernel?.name ?? '';
  if (open !== null && !kernelspecs.specs?.kernelspecs[kernel]?.metadata?.['modelop']) {
    return open;
  }
  const made: NotebookPanel = await app.commands.execute('notebook:create-new', {
    cwd: browser?.model.path ?? '',
    kernelName: kernelspecs.specs?.default ?? 'python3'
  });
  await made.context.ready;
  await made.sessionContext.ready;
  return made;
}
