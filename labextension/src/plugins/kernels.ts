import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { insertCell } from '../cells';
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
      describedBy: described({ job: 'string', model: 'string', index: 'integer' }),
      execute: args => {
        const record = `${String(args['job']).slice(0, 8)}:${args['index']}`;
        const source = `%%modelop run ${args['model']} --record ${record}\nrecord`;
        const panel = tracker?.currentWidget ?? null;
        if (panel === null) {
          Notification.info(trans.__('Open a notebook, and run there: %1', source));
          return;
        }
        insertCell(panel, source);
        app.shell.activateById(panel.id);
      }
    });
  }
};
