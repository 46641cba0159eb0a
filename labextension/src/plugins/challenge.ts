import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { ChallengeRequest, ChallengeView } from '../api/types';
import { chooseModel } from '../dialogs/chooseModel';
import { askUntilDone } from '../dialogs/formDialog';
import { commandArgs } from '../jupyter/commandArgs';
import { folderLister, notebookFolder } from '../jupyter/fileBrowser';
import { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

export const challenge: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:challenge',
  description: 'Asks for two snapshots and records, and shows on the model’s page how they differ.',
  autoStart: true,
  requires: [IModelOp],
  optional: [INotebookTracker, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null
  ): void => {
    const { client, queries, trans } = context;
    // What was chosen last for each model.
    const chosen = new Map<string, ChallengeRequest>();
    const list = folderLister(app.serviceManager.contents);

    const first = async (model: string): Promise<ChallengeRequest> => {
      const [{ rows }, { test_data: asset }, { is_changed: isChanged }] = await Promise.all([
        client.snapshots(model),
        client.sample(model),
        client.model(model)
      ]);
      const [newest, older] = rows.map(({ ref }) => ref);
      // What is asked for most: whether the last change made the model better.
      const pair = isChanged
        ? { champion: newest ?? model, challenger: model }
        : { champion: older ?? newest ?? model, challenger: newest ?? model };
      return { ...pair, inputs: asset === null ? [] : [{ asset }] };
    };

    const ask = async (model: string, pair: Partial<ChallengeRequest>): Promise<boolean> => {
      const { challengeModelDialog } = await import('../dialogs/challengeModel');
      const folder = notebookFolder(tracker);
      const initial = { ...(chosen.get(model) ?? (await first(model))), ...pair };
      const run = await askUntilDone<ChallengeRequest, ChallengeView>(
        (before, error) =>
          challengeModelDialog(context, { model, folder, list, initial: before ?? initial }, error),
        async request => {
          chosen.set(model, request);
          return client.startChallenge(model, request);
        }
      );
      if (run !== null) {
        queries.setQueryData(['challenge', model], run);
      }
      return run !== null;
    };

    app.commands.addCommand(CommandIDs.challengeModel, {
      label: trans.__('Challenge model…'),
      caption: trans.__('Score the same records with two snapshots, and show where they differ'),
      describedBy: commandArgs({}, { model: 'string', champion: 'string', challenger: 'string' }),
      execute: async args => {
        const given = args['model'] as string | undefined;
        const model = given ?? (await chooseModel(context, trans.__('Challenge a model'), 'batch'));
        if (model === null) {
          return;
        }
        const { champion, challenger } = args as Partial<ChallengeRequest>;
        try {
          if (await ask(model, champion && challenger ? { champion, challenger } : {})) {
            await app.commands.execute(CommandIDs.openModel, { model, section: 'snapshots' });
          }
        } catch (error) {
          await showErrorMessage(trans.__('%1 was not challenged', model), error as Error);
        }
      }
    });
    palette?.addItem({ command: CommandIDs.challengeModel, category: trans.__('ModelOp') });
  }
};
