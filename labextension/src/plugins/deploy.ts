import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import type { DeployRequest, DeploymentView } from '../api/types';
import { chooseModel } from '../dialogs/chooseModel';
import { askUntilDone } from '../dialogs/formDialog';
import { commandArgs } from '../jupyter/commandArgs';
import { deployIcon } from '../jupyter/icons';
import { MODEL_ROW, rowModel } from '../jupyter/modelRow';
import { IModelOp } from '../state/context';
import { deploymentKey } from '../state/deployments';
import { CommandIDs } from '../tokens';

export const deploy: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:deploy',
  description: 'Asks for a snapshot, deploys it, and shows the deployment on the model’s page.',
  autoStart: true,
  requires: [IModelOp],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, context: IModelOp, palette: ICommandPalette | null): void => {
    const { client, changes, queries, trans } = context;

    const ask = async (model: string, initial: DeployRequest): Promise<boolean> => {
      const { deployModelDialog } = await import('../dialogs/deployModel');
      const { deployment: present } = await client.deployment(model);
      const view = await askUntilDone<DeployRequest, DeploymentView>(
        (before, error) =>
          deployModelDialog(context, { model, present, initial: before ?? initial }, error),
        request => client.deploy(model, request)
      );
      if (view !== null) {
        queries.setQueryData(deploymentKey(model), view);
      }
      return view !== null;
    };

    app.commands.addCommand(CommandIDs.deploy, {
      label: trans.__('Deploy model…'),
      caption: trans.__('Have a model answer requests, in its own environment'),
      icon: deployIcon,
      describedBy: commandArgs({}, { model: 'string', request: 'object' }),
      execute: async args => {
        const given = args['isRow'] ? rowModel(app) : (args['model'] as string | undefined);
        const model = given ?? (await chooseModel(context, trans.__('Deploy a model'), 'batch'));
        if (model === null) {
          return;
        }
        try {
          if (await ask(model, (args['request'] as DeployRequest | undefined) ?? {})) {
            await app.commands.execute(CommandIDs.openModel, { model, section: 'deployment' });
            await changes.refresh();
          }
        } catch (error) {
          await showErrorMessage(trans.__('%1 was not deployed', model), error as Error);
        }
      }
    });
    palette?.addItem({ command: CommandIDs.deploy, category: trans.__('ModelOp') });
    app.contextMenu.addItem({
      command: CommandIDs.deploy,
      args: { isRow: true },
      selector: MODEL_ROW,
      rank: 1
    });
  }
};
