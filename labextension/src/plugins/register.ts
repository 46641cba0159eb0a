import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification, showErrorMessage } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { CommandRegistry } from '@lumino/commands';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { Registration } from '../api/types';
import type { RegistrationSource } from '../dialogs/registerModel';
import { commandArgs } from '../jupyter/commandArgs';
import { tagFunction } from '../jupyter/functionTags';
import { modelopIcon } from '../jupyter/icons';
import { pythonOf } from '../jupyter/kernelFacts';
import { readValues, saveValue } from '../jupyter/kernelValues';
import {
  currentCells,
  executedCells,
  insertCell,
  runCells,
  trackExecutions
} from '../jupyter/notebookCells';
import { SAMPLE_RECORDS } from '../jupyter/sampleRun';
import { unlessBusy } from '../jupyter/unlessBusy';
import { IModelOp } from '../state/context';
import { CommandIDs, SIDEBAR_ID } from '../tokens';

export const register: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:register',
  description: 'Registers the open notebook, or a folder or file of the file browser, as a model.',
  autoStart: true,
  requires: [IModelOp, INotebookTracker],
  optional: [ICommandPalette, IFileBrowserFactory],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    browsers: IFileBrowserFactory | null
  ): void => {
    const { changes, trans } = context;
    const { commands } = app;
    trackExecutions();
    commands.addCommand(CommandIDs.register, {
      label: args => (args['isToolbar'] ? '' : trans.__('Register this notebook as a model…')),
      caption: trans.__('Register this notebook as a model'),
      icon: modelopIcon,
      describedBy: commandArgs({}, { model: 'string', notebook: 'string' }),
      isEnabled: args => tracker.currentWidget !== null || args['notebook'] !== undefined,
      execute: async args => {
        const file = args['notebook'] as string | undefined;
        const panel =
          file === undefined ? tracker.currentWidget : await openNotebook(commands, file);
        if (panel === null) {
          return;
        }
        const path = panel.context.path;
        const kernel = panel.sessionContext.session?.kernel ?? null;
        const source = await unlessBusy(kernel, KERNEL_TIMEOUT, () => sourceOf(context, panel));
        if (source === null) {
          await showErrorMessage(
            trans.__('The kernel is busy'),
            trans.__('Register the notebook again when the running cell has finished.')
          );
          return;
        }
        const { registerDialog } = await import('../dialogs/registerModel');
        const registered = await registerDialog(context, {
          name: (args['model'] as string | undefined) ?? modelName(path),
          source,
          runCells: async ids => {
            await runCells(panel, ids);
            return sourceOf(context, panel);
          },
          readValues: query => readValues(panel, query),
          saveValue: expression => saveValue(panel, expression)
        });
        if (registered !== null) {
          for (const [kind, name] of Object.entries(registered.functions)) {
            if (name) {
              tagFunction(panel, kind, name);
            }
          }
          await changes.refresh();
          app.shell.activateById(SIDEBAR_ID);
          report(registered.registration);
        }
      }
    });
    commands.addCommand(CommandIDs.registerFile, {
      label: trans.__('Register as a model…'),
      caption: trans.__('Register this folder or Python file as a model'),
      icon: modelopIcon,
      describedBy: commandArgs({}, { path: 'string' }),
      execute: async args => {
        const selected = browsers?.tracker.currentWidget?.selectedItems().next().value;
        const path = (args['path'] as string | undefined) ?? selected?.path;
        if (path === undefined) {
          return;
        }
        const { registerDialog } = await import('../dialogs/registerModel');
        const source = { path };
        const registered = await registerDialog(context, {
          name: modelName(path),
          source,
          // Of files, no kernel knows a value.
          runCells: async () => source,
          readValues: async () => ({}),
          saveValue: () => Promise.reject(new Error(path))
        });
        if (registered !== null) {
          await changes.refresh();
          app.shell.activateById(SIDEBAR_ID);
          report(registered.registration);
        }
      }
    });
    for (const selector of ['[data-isdir="true"]', '[data-file-type="python"]']) {
      app.contextMenu.addItem({
        command: CommandIDs.registerFile,
        selector: `.jp-DirListing-item${selector}`,
        rank: 9
      });
    }
    commands.addCommand(CommandIDs.insertSnippet, {
      label: trans.__('Insert into notebook'),
      caption: trans.__('Insert a cell below the active cell of the open notebook'),
      describedBy: commandArgs({ source: 'string' }),
      isEnabled: () => tracker.currentWidget !== null,
      execute: args => {
        const panel = tracker.currentWidget;
        if (panel !== null) {
          app.shell.activateById(panel.id);
          insertCell(panel, String(args['source']).trimEnd());
        }
      }
    });
    const report = (registration: Registration): void => {
      const type = hasJob(registration) ? 'success' : 'warning';
      const run = {
        label: trans.__('Run on %1 sample records', SAMPLE_RECORDS),
        callback: () =>
          void commands.execute(CommandIDs.runSample, { model: registration.model.name })
      };
      const canScore = registration.model.state.entry_points.score !== null;
      Notification.emit(messageOf(registration, context), type, {
        autoClose: 30_000,
        actions: canScore ? [run] : []
      });
    };
    // What the sidebar shows of a model depends on its saved notebook.
    tracker.widgetAdded.connect((_, { context: document }) => {
      document.saveState.connect((__, state) => {
        if (state === 'completed') {
          void context.queries.invalidateQueries({ queryKey: ['model'] });
        }
      });
    });
    tracker.currentChanged.connect(() => {
      commands.notifyCommandChanged(CommandIDs.register);
      commands.notifyCommandChanged(CommandIDs.insertSnippet);
    });
    palette?.addItem({ command: CommandIDs.register, category: trans.__('ModelOp') });
  }
};

/** Open a notebook, or show it if it is open, and wait for its kernel. */
async function openNotebook(
  commands: CommandRegistry,
  path: string
): Promise<NotebookPanel | null> {
  const panel = (await commands.execute('docmanager:open', { path })) as NotebookPanel | undefined;
  if (!panel?.sessionContext) {
    // Another application has opened it in a window of its own.
    return null;
  }
  await panel.context.ready;
  await panel.sessionContext.ready;
  return panel;
}

/**
 * Return what a notebook's kernel has run, and the kernel's Python with its packages.
 *
 * Without a kernel that has run anything, the source is the notebook's file.
 */
async function sourceOf({ client }: IModelOp, panel: NotebookPanel): Promise<RegistrationSource> {
  const notebook = panel.context.path;
  const connection = panel.sessionContext.session?.kernel;
  const cells = await executedCells(panel);
  const kernel = connection ? await pythonOf(client, connection) : undefined;
  const source = kernel === undefined ? { notebook } : { notebook, kernel };
  return cells.length > 0 ? { ...source, cells, current: currentCells(panel) } : source;
}

/** Return whether a model has a function that a job can call. */
function hasJob({ model }: Registration): boolean {
  const { score, metrics, train } = model.state.entry_points;
  return [score, metrics, train].some(name => name !== null);
}

/** How long to wait for a kernel that runs a cell, in milliseconds: it does not tell its history. */
const KERNEL_TIMEOUT = 5000;

/** Return a valid model name made of the name of a file or folder. */
function modelName(path: string): string {
  const name = PathExt.basename(path, PathExt.extname(path)).replace(/[^A-Za-z0-9._-]+/g, '-');
  return name.replace(/^[^A-Za-z0-9]+/, '') || 'model';
}

function messageOf(registration: Registration, { trans }: IModelOp): string {
  const { model, created, changes } = registration;
  if (!hasJob(registration)) {
    return trans.__('%1 has no function that a job can call', model.name);
  }
  if (created) {
    return trans.__('%1 is registered', model.name);
  }
  return changes.length > 0
    ? trans.__('%1: %2', model.name, changes.join(', '))
    : trans.__('%1 is unchanged', model.name);
}
