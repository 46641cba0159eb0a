import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, ICommandPalette, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { buildIcon, deleteIcon } from '@jupyterlab/ui-components';
import { chooseModel } from '../dialogs/chooseModel';
import { commandArgs } from '../jupyter/commandArgs';
import { IModelOp } from '../state/context';
import { CommandIDs, SIDEBAR_ID } from '../tokens';

export const modelActions: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:model-actions',
  description: 'Builds the environments of models, and removes models.',
  autoStart: true,
  requires: [IModelOp],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, context: IModelOp, palette: ICommandPalette | null): void => {
    const { client, changes, expansionState, trans } = context;
    app.commands.addCommand(CommandIDs.buildEnvironment, {
      label: trans.__('Build environment…'),
      caption: trans.__('Build the isolated environment of a model, and show its progress'),
      icon: buildIcon,
      describedBy: commandArgs({}, { model: 'string' }),
      execute: async args => {
        const given = args['model'] as string | undefined;
        const model =
          given ?? (await chooseModel(context, trans.__('Build the environment of a model')));
        if (model === null) {
          return;
        }
        // The sidebar shows the progress, and the reason of a build that fails.
        app.shell.activateById(SIDEBAR_ID);
        expansionState.expandPart(model, 'environment');
        try {
          await client.buildEnvironment(model);
        } catch (error) {
          void showErrorMessage(
            trans.__('The environment of %1 was not built', model),
            error as Error
          );
        }
        await changes.refresh();
      }
    });
    app.commands.addCommand(CommandIDs.removeModel, {
      label: trans.__('Remove model…'),
      caption: trans.__('Remove a model from the list; its snapshots and jobs are kept'),
      icon: deleteIcon,
      describedBy: commandArgs({ model: 'string' }),
      execute: async args => {
        const model = String(args['model']);
        const kernels = await installedKernels(context, model);
        const kept = trans.__(
          'Its snapshots and jobs are kept. A new model of this name continues their numbers.'
        );
        const answer = await showDialog({
          title: trans.__('Remove %1?', model),
          body:
            kernels.length === 0
              ? kept
              : `${kept} ${trans.__('Removed from the launcher: %1.', kernels.join(', '))}`,
          buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Remove') })]
        });
        if (!answer.button.accept) {
          return;
        }
        try {
          await client.removeModel(model);
        } catch (error) {
          void showErrorMessage(trans.__('%1 was not removed', model), error as Error);
        }
        await changes.refresh();
      }
    });
    palette?.addItem({ command: CommandIDs.buildEnvironment, category: trans.__('ModelOp') });
  }
};

/** Return the names of a model's kernels in the launcher; none where they cannot be read. */
async function installedKernels({ client }: IModelOp, model: string): Promise<readonly string[]> {
  try {
    const { installed } = await client.kernels();
    return installed
      .filter(({ snapshot }) => snapshot.split('@')[0] === model)
      .map(({ display_name: name }) => name);
  } catch {
    return [];
  }
}
