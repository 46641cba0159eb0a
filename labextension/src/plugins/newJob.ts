import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';
import { runIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { JobDraft, JobKind } from '../api/types';
import { chooseModel } from '../dialogs/chooseModel';
import { askUntilDone } from '../dialogs/formDialog';
import type { INewJob } from '../dialogs/newJob';
import { commandArgs } from '../jupyter/commandArgs';
import { folderLister, notebookFolder } from '../jupyter/fileBrowser';
import { metricsIcon } from '../jupyter/icons';
import { insertMagic } from '../jupyter/notebookCells';
import { runSample, SAMPLE_RECORDS } from '../jupyter/sampleRun';
import { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

export const newJob: JupyterFrontEndPlugin<void> = {
  // Settings that disable the plugin hold this id.
  id: 'modelop-jupyter:running',
  description: 'Shows the dialog of a new job, and submits the job or inserts its magic as a cell.',
  autoStart: true,
  requires: [IModelOp],
  optional: [INotebookTracker, IStateDB, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    tracker: INotebookTracker | null,
    state: IStateDB | null,
    palette: ICommandPalette | null
  ): void => {
    const { client, changes, preferences, trans } = context;
    app.commands.addCommand(CommandIDs.runSample, {
      label: trans.__('Run on %1 sample records', SAMPLE_RECORDS),
      icon: runIcon,
      describedBy: commandArgs({ model: 'string' }),
      execute: async args => {
        const kernel = tracker?.currentWidget?.sessionContext.session?.kernel ?? null;
        try {
          await runSample(context, String(args['model']), kernel);
        } catch (error) {
          await showErrorMessage(trans.__('The job was not started'), error as Error);
        }
      }
    });
    const list = folderLister(app.serviceManager.contents);
    const texts: Record<JobKind, { label: string; caption: string; question: string }> = {
      batch: {
        label: trans.__('Run batch…'),
        caption: trans.__('Score every record of the inputs with a model'),
        question: trans.__('Run a batch with a model')
      },
      metrics: {
        label: trans.__('Run metrics…'),
        caption: trans.__('Call the metrics function of a model'),
        question: trans.__('Run the metrics of a model')
      },
      train: {
        label: trans.__('Train…'),
        caption: trans.__('Call the train function of a model'),
        question: trans.__('Train a model')
      }
    };
    const textsOf = (args: ReadonlyPartialJSONObject) => texts[args['kind'] as JobKind] ?? null;
    app.commands.addCommand(CommandIDs.newJob, {
      label: args => textsOf(args)?.label ?? trans.__('New job…'),
      caption: args => textsOf(args)?.caption ?? trans.__('Run a job of a model'),
      icon: args => (args['kind'] === 'metrics' ? metricsIcon : runIcon),
      describedBy: commandArgs({ kind: 'string' }, { model: 'string' }),
      execute: async args => {
        const { newJobDialog } = await import('../dialogs/newJob');
        const kind = args['kind'] as JobKind;
        const given = args['model'] as string | undefined;
        const model = given ?? (await chooseModel(context, texts[kind].question, kind));
        if (model === null) {
          return;
        }
        const key = `modelop-jupyter:last-job:${model} ${kind}`;
        const kept = (await state?.fetch(key)) as Partial<JobDraft> | undefined;
        const first = kept ?? (kind === 'batch' ? { workers: preferences.workers } : {});
        const panel = tracker?.currentWidget ?? null;
        const folder = notebookFolder(tracker);
        const canInsertCell = panel !== null;
        await askUntilDone<INewJob, void>(
          async (before, error) => {
            const initial = before?.draft ?? first;
            const options = { model, kind, folder, list, canInsertCell, initial };
            const choice = await newJobDialog(context, options, error);
            if (choice !== null) {
              // State is JSON, which has no undefined.
              await state?.save(key, JSON.parse(JSON.stringify(choice.draft)));
            }
            return choice;
          },
          async ({ request, asCell }) => {
            if (asCell && panel !== null) {
              const line = await client.magicLine(request, folder);
              app.shell.activateById(panel.id);
              insertMagic(panel, line);
              return;
            }
            const job = await client.submitJob(request);
            await changes.refresh();
            await app.commands.execute(CommandIDs.openJob, { job: job.id });
          }
        );
      }
    });
    for (const kind of Object.keys(texts)) {
      palette?.addItem({
        command: CommandIDs.newJob,
        args: { kind },
        category: trans.__('ModelOp')
      });
    }
  }
};
