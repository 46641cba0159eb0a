import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import {
  Dialog,
  ICommandPalette,
  Notification,
  showDialog,
  WidgetTracker
} from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { deleteIcon, listIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ComponentWidget } from '../components/componentWidget';
import { commandArgs } from '../jupyter/commandArgs';
import { modelopIcon } from '../jupyter/icons';
import { insertCell } from '../jupyter/notebookCells';
import { JobQueryState } from '../mainArea/jobs/jobQuery';
import { mainAreaTab, openBeside } from '../mainArea/openBeside';
import { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

type JobsWidget = MainAreaWidget<ComponentWidget>;

const WIDGET_ID = 'modelop-jupyter-jobs-view';

export const jobsView: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:jobs-view',
  description: 'Lists jobs in the main area, compares and removes them, and loads their output.',
  autoStart: true,
  requires: [IModelOp],
  optional: [ILayoutRestorer, ICommandPalette, INotebookTracker],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    notebooks: INotebookTracker | null
  ): void => {
    const { trans } = context;
    const { commands } = app;
    const state = new JobQueryState();
    const tracker = new WidgetTracker<JobsWidget>({ namespace: WIDGET_ID });
    state.changed.connect(() => {
      if (tracker.currentWidget !== null) {
        void tracker.save(tracker.currentWidget);
      }
    });

    commands.addCommand(CommandIDs.openJobs, {
      label: args =>
        args['model'] ? trans.__('Open jobs of %1', args['model']) : trans.__('Open jobs'),
      caption: trans.__('List, filter, compare and remove jobs'),
      icon: listIcon,
      describedBy: commandArgs({}, { model: 'string' }),
      execute: async args => {
        const model = args['model'] as string | undefined;
        if (model !== undefined) {
          state.set({ model });
        }
        // Loaded before the look for an open one: a second click while it loads opens no second tab.
        const create = await loadJobsView();
        let widget = tracker.find(() => true);
        if (widget === undefined) {
          widget = create(context, state);
          void tracker.add(widget);
        }
        openBeside(app, widget, 'ModelOp Jobs');
      }
    });
    commands.addCommand(CommandIDs.compareJobs, {
      label: trans.__('Compare jobs'),
      caption: trans.__('Show what differs between two jobs, and why'),
      icon: modelopIcon,
      describedBy: commandArgs({ job: 'string', other: 'string' }),
      execute: async args => {
        const [job, other] = [String(args['job']), String(args['other'])];
        openBeside(app, await createComparison(context, job, other), 'ModelOp Comparison');
      }
    });
    commands.addCommand(CommandIDs.removeJobs, {
      label: trans.__('Remove jobs…'),
      caption: trans.__('Remove jobs with their output, errors and log'),
      icon: deleteIcon,
      describedBy: commandArgs({ jobs: 'array' }),
      execute: async args => removeJobs(app, context, args['jobs'] as string[])
    });
    commands.addCommand(CommandIDs.loadOutput, {
      label: trans.__('Load output as DataFrame'),
      caption: trans.__('Insert a cell that loads the output of a job into the open notebook'),
      icon: modelopIcon,
      describedBy: commandArgs({ job: 'string' }),
      isEnabled: () => (notebooks?.currentWidget ?? null) !== null,
      execute: args => {
        const panel = notebooks?.currentWidget;
        if (panel) {
          app.shell.activateById(panel.id);
          insertCell(panel, frameSource(String(args['job'])));
        }
      }
    });
    notebooks?.currentChanged.connect(() => commands.notifyCommandChanged(CommandIDs.loadOutput));
    palette?.addItem({ command: CommandIDs.openJobs, category: trans.__('ModelOp') });
    void restorer?.restore(tracker, {
      command: CommandIDs.openJobs,
      args: () => (state.query.model === '' ? {} : { model: state.query.model }),
      name: () => 'jobs'
    });
  }
};

/** Return the source of a cell that loads the output of a job. */
function frameSource(job: string): string {
  const id = job.slice(0, 8);
  return `from modelop_jupyter import Workspace\n\noutput = Workspace().job("${id}").to_frame()\noutput`;
}

/** Load the list of jobs; return what makes a widget of it. */
async function loadJobsView() {
  const { JobsView } = await import('../mainArea/jobs/jobsView');
  const create = await loadWidget();
  return (context: IModelOp, state: JobQueryState): JobsWidget => {
    const render = () => React.createElement(JobsView, { state });
    return create(context, WIDGET_ID, context.trans.__('Jobs'), 'jp-modelop-jobsPanel', render);
  };
}

async function createComparison(
  context: IModelOp,
  job: string,
  other: string
): Promise<JobsWidget> {
  const { ComparisonView } = await import('../mainArea/comparison');
  const create = await loadWidget();
  const title = context.trans.__('%1 and %2', job.slice(0, 8), other.slice(0, 8));
  const render = () => React.createElement(ComparisonView, { job, other });
  const id = `modelop-jupyter-comparison-${job}-${other}`;
  return create(context, id, title, 'jp-modelop-jobPanel', render);
}

/** Load what shows React components; return what makes a widget of one. */
async function loadWidget() {
  const { ComponentWidget } = await import('../components/componentWidget');
  return (
    context: IModelOp,
    id: string,
    title: string,
    cssClass: string,
    render: () => JSX.Element
  ): JobsWidget => {
    const content = new ComponentWidget(context, `${id}-content`, title, render);
    content.addClass(cssClass);
    return mainAreaTab(content, id);
  };
}

/** Remove jobs after confirmation, and close those that are open; return whether they were removed. */
async function removeJobs(
  app: JupyterFrontEnd,
  { client, changes, trans }: IModelOp,
  jobs: readonly string[]
): Promise<boolean> {
  const answer = await showDialog({
    title: trans._n('Remove %1 job?', 'Remove %1 jobs?', jobs.length, jobs.length),
    body: trans.__(
      'Output, errors and log are deleted, and the metrics are removed from the history. Outputs outside the job folders are kept.'
    ),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Remove') })]
  });
  if (!answer.button.accept) {
    return false;
  }
  try {
    await client.removeJobs(jobs);
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string | null };
    Notification.error([message, hint].filter(Boolean).join('. '));
    return false;
  } finally {
    await changes.refresh();
  }
  for (const widget of [...app.shell.widgets('main')]) {
    if (jobs.some(job => widget.id === `modelop-jupyter-job-area-${job}`)) {
      widget.dispose();
    }
  }
  return true;
}
