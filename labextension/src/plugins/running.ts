import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';
import { insertCell } from '../cells';
import type { IModelOp as IContext } from '../context';
import { described } from '../described';
import { chooseFile } from '../files';
import { CommandIDs } from '../tokens';
import type { JobKind, JobWish } from '../types';
import { IModelOp } from './core';

export const running: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:running',
  description: 'Asks what a new job needs, and submits it or writes its magic into a cell.',
  autoStart: true,
  requires: [IModelOp, IDocumentManager],
  optional: [INotebookTracker, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    context: IContext,
    manager: IDocumentManager,
    tracker: INotebookTracker | null,
    browser: IDefaultFileBrowser | null
  ): void => {
    const { client, changes, trans } = context;
    const last = new Map<string, Partial<JobWish>>();
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
        const title = trans.__('Choose the input');
        let error: Error | null = null;
        for (;;) {
          const start = {
            model,
            kind,
            folder,
            last: last.get(key) ?? {},
            chooseFile: () => chooseFile(manager, browser, title)
          };
          const choice = await jobDialog(context, start, error);
          if (choice === null) {
            return;
          }
          last.set(key, choice.wish);
          try {
            if (choice.asCell && panel !== null) {
              insertCell(panel, await client.line(choice.wish, folder));
              return;
            }
            const job = await client.submit(choice.wish);
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
