import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { checkIcon } from '@jupyterlab/ui-components';
import type { CheckRequest, CheckView } from '../api/types';
import { chooseModel } from '../dialogs/chooseModel';
import { askUntilDone } from '../dialogs/formDialog';
import { commandArgs } from '../jupyter/commandArgs';
import { folderLister, notebookFolder } from '../jupyter/fileBrowser';
import { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

export const check: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:check',
  description: 'Asks for a sample, checks a model with it, and shows the report on its page.',
  autoStart: true,
  requires: [IModelOp],
  optional: [INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null
  ): void => {
    const { client, changes, queries, trans } = context;
    // What was chosen last for each model.
    const chosen = new Map<string, CheckRequest>();
    const list = folderLister(app.serviceManager.contents);

    const ask = async (model: string): Promise<boolean> => {
      const { checkModelDialog } = await import('../dialogs/checkModel');
      const folder = notebookFolder(tracker);
      const { test_data: asset } = await client.sample(model);
      const initial = chosen.get(model) ?? { inputs: asset === null ? [] : [{ asset }] };
      const run = await askUntilDone<CheckRequest, CheckView>(
        (before, error) =>
          checkModelDialog(context, { model, folder, list, initial: before ?? initial }, error),
        async request => {
          chosen.set(model, request);
          return client.startCheck(model, request);
        }
      );
      if (run !== null) {
        queries.setQueryData(['check', model], run);
      }
      return run !== null;
    };

    app.commands.addCommand(CommandIDs.checkModel, {
      label: trans.__('Check model…'),
      caption: trans.__('Score a sample, and say whether a model will pass in ModelOp Center'),
      icon: checkIcon,
      describedBy: commandArgs({}, { model: 'string' }),
      execute: async args => {
        const given = args['model'] as string | undefined;
        const model = given ?? (await chooseModel(context, trans.__('Check a model'), 'batch'));
        if (model === null) {
          return;
        }
        try {
          if (await ask(model)) {
            await app.commands.execute(CommandIDs.openModel, { model, section: 'check' });
            await changes.refresh();
          }
        } catch (error) {
          await showErrorMessage(trans.__('%1 was not checked', model), error as Error);
        }
      }
    });
    palette?.addItem({ command: CommandIDs.checkModel, category: trans.__('ModelOp') });
  }
};
