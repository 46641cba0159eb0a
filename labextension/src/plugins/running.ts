import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { insertCell } from '../cells';
import type { IModelOp as IContext } from '../context';
import { described } from '../described';
import { wishOf } from '../draft';
import { lister } from '../files';
import { CommandIDs } from '../tokens';
import type { JobDraft, JobKind } from '../types';
import { IModelOp } from './core';

export const running: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:running',
  description: 'Asks what a new job needs, and submits it or writes its magic into a cell.',
  autoStart: true,
  requires: [IModelOp],
  optional: [INotebookTracker],
  activate: (app: JupyterFrontEnd, context: IContext, tracker: INotebookTracker | null): void => {
    const { client, changes, trans } = context;
    const list = lister(app.serviceManager.contents);
    const last = new Map<string, Partial<JobDraft>>();
    app.commands.addCommand(CommandIDs.newJob, {
      label: trans.__('New job…'),
      describedBy: described({ model: 'string', kind: 'string' }),
      execute: async args => {
        const { jobDialog } = await import('../dialogs/job');
        const model = String(args['model']);
        const kind = args['kind'] as JobKind;
        const key = `${model} ${kind}`;
        const panel = tracker?.currentWidget ?? null;
        const folder = panel === null ? '' : PathExt.dirname(panel.context.path);
        let error: Error | null = null;
        for (;;) {
          const start = {
            model,
            kind,
            folder,
            list,
            last: last.get(key) ?? {}
          };
          const choice = await jobDialog(context, start, error);
          if (choice === null) {
            return;
          }
          last.set(key, choice.draft);
          const wish = wishOf(choice.draft);
          try {
            if (choice.asCell && panel !== null) {
              insertCell(panel, await client.line(wish, folder));
              return;
            }
            const job = await client.submit(wish);
            await changes.refresh();
            await app.commands.execute(CommandIDs.openJob, { job: job.id });
            return;
          } catch (reason) {
            // What was chosen comes again, with the reason.
            error = reason as Error;
          }
        }
      }
    });
  }
};
