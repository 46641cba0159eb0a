import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';
import { runIcon } from '@jupyterlab/ui-components';
import { insertMagic } from '../cells';
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
  optional: [INotebookTracker, IStateDB],
  activate: (
    app: JupyterFrontEnd,
    context: IContext,
    tracker: INotebookTracker | null,
    state: IStateDB | null
  ): void => {
    const { client, changes, preferences, trans } = context;
    const list = lister(app.serviceManager.contents);
    app.commands.addCommand(CommandIDs.newJob, {
      label: trans.__('New job…'),
      icon: runIcon,
      describedBy: described({ model: 'string', kind: 'string' }),
      execute: async args => {
        const { jobDialog } = await import('../dialogs/job');
        const model = String(args['model']);
        const kind = args['kind'] as JobKind;
        const key = `modelop-jupyter:last-job:${model} ${kind}`;
        let last = (await state?.fetch(key)) as Partial<JobDraft> | undefined;
        const panel = tracker?.currentWidget ?? null;
        const folder = panel === null ? '' : PathExt.dirname(panel.context.path);
        let error: Error | null = null;
        for (;;) {
          const start = {
            model,
            kind,
            folder,
            list,
            canInsert: panel !== null,
            last: last ?? (kind === 'batch' ? { workers: preferences.workers } : {})
          };
          const choice = await jobDialog(context, start, error);
          if (choice === null) {
            return;
          }
          last = choice.draft;
          await state?.save(key, JSON.parse(JSON.stringify(last)));
          const wish = wishOf(choice.draft);
          try {
            if (choice.asCell && panel !== null) {
              const line = await client.line(wish, folder);
              app.shell.activateById(panel.id);
              insertMagic(panel, line);
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
