import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { refreshIcon } from '@jupyterlab/ui-components';
import { commandArgs } from '../jupyter/commandArgs';
import { modelopIcon } from '../jupyter/icons';
import { Sidebar } from '../sidebar/sidebar';
import { IModelOp } from '../state/context';
import { CommandIDs, SIDEBAR_ID } from '../tokens';

export const sidebar: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:sidebar',
  description: 'Adds the side panel with models, jobs, environments and kernels.',
  autoStart: true,
  requires: [IModelOp],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const { changes, trans } = context;
    const panel = new Sidebar(context);
    restorer?.add(panel, SIDEBAR_ID);
    app.shell.add(panel, 'left', { rank: 600, type: 'ModelOp' });
    app.commands.addCommand(CommandIDs.showSidebar, {
      label: trans.__('Show models, environments and jobs'),
      caption: trans.__('Show the ModelOp sidebar'),
      icon: modelopIcon,
      describedBy: commandArgs({}),
      execute: () => app.shell.activateById(SIDEBAR_ID)
    });
    app.commands.addCommand(CommandIDs.refresh, {
      label: trans.__('Refresh models and jobs'),
      caption: trans.__('Fetch what has changed on the server'),
      icon: refreshIcon,
      describedBy: commandArgs({}),
      execute: () => changes.refresh()
    });
    const category = trans.__('ModelOp');
    for (const command of [CommandIDs.showSidebar, CommandIDs.refresh]) {
      palette?.addItem({ command, category });
    }
  }
};
