import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import type { MainAreaWidget } from '@jupyterlab/apputils';
import {
  Clipboard,
  Dialog,
  ICommandPalette,
  Notification,
  WidgetTracker,
  showDialog
} from '@jupyterlab/apputils';
import { bellIcon, deleteIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ComponentWidget } from '../components/componentWidget';
import { jobName } from '../components/jobNames';
import { chooseJob } from '../dialogs/chooseModel';
import { areNotificationsAllowed, toggleNotifications } from '../jupyter/browserNotifications';
import { commandArgs } from '../jupyter/commandArgs';
import { modelopIcon } from '../jupyter/icons';
import { notifyJobEnds } from '../jupyter/jobNotifications';
import { mainAreaTab, openBeside } from '../mainArea/openBeside';
import { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

export const jobs: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:jobs',
  description: 'Opens jobs in the main area, stops and removes them, and notifies of their ends.',
  autoStart: true,
  requires: [IModelOp],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    context: IModelOp,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const { client, changes, trans } = context;
    const tracker = new WidgetTracker<MainAreaWidget<ComponentWidget>>({
      namespace: 'modelop-jupyter-jobs'
    });
    const ids = new WeakMap<MainAreaWidget<ComponentWidget>, string>();

    const widgetOf = (job: string) => tracker.find(widget => ids.get(widget) === job);
    const open = async (job: string): Promise<void> => {
      // Loaded before the look for an open one: a second click while it loads opens no second tab.
      const create = await loadJobView();
      const opened = widgetOf(job);
      const widget = opened ?? create(context, job);
      if (!opened) {
        ids.set(widget, job);
        void tracker.add(widget);
      }
      openBeside(app, widget, 'ModelOp Job');
    };

    app.commands.addCommand(CommandIDs.openJob, {
      label: args => (args['job'] ? trans.__('Open job') : trans.__('Open job…')),
      caption: trans.__('Show the progress and the result of a job'),
      icon: modelopIcon,
      describedBy: commandArgs({}, { job: 'string' }),
      execute: async args => {
        const given = args['job'] as string | undefined;
        const job = given ?? (await chooseJob(context, trans.__('Open a job')));
        if (job !== null) {
          await open(job);
        }
      }
    });
    app.commands.addCommand(CommandIDs.stopJob, {
      label: trans.__('Stop job'),
      caption: trans.__('Stop a job; its results until then are kept'),
      icon: stopIcon,
      describedBy: commandArgs({ job: 'string' }),
      execute: async args => {
        try {
          await client.cancelJob(String(args['job']));
        } catch (error) {
          Notification.error((error as Error).message);
        }
        await changes.refresh();
      }
    });
    app.commands.addCommand(CommandIDs.removeJob, {
      label: trans.__('Remove job…'),
      caption: trans.__('Remove a job with its output, errors and log'),
      icon: deleteIcon,
      describedBy: commandArgs({ job: 'string' }),
      execute: async args => {
        const job = String(args['job']);
        let name = trans.__('job');
        try {
          name = jobName((await client.job(job)).record, trans);
        } catch {
          // The removal tells why.
        }
        const answer = await showDialog({
          title: trans.__('Remove %1?', name),
          body: trans.__(
            'Its output, errors and log are deleted, and its metrics are removed from the history. An output outside the job folder is kept.'
          ),
          buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Remove') })]
        });
        if (!answer.button.accept) {
          return;
        }
        try {
          await client.removeJob(job);
          widgetOf(job)?.dispose();
        } catch (error) {
          const { message, hint } = error as Error & { hint?: string | null };
          Notification.error([message, hint].filter(Boolean).join('. '));
        }
        await changes.refresh();
      }
    });
    app.commands.addCommand(CommandIDs.notifyByBrowser, {
      label: trans.__('Notify of ended jobs by the browser'),
      caption: trans.__(
        'Have the browser show a notification when a job ends while JupyterLab is not in front'
      ),
      icon: bellIcon,
      isToggleable: true,
      isToggled: () => context.preferences.notifiesByBrowser && areNotificationsAllowed(),
      describedBy: commandArgs({}),
      execute: () => toggleNotifications(context)
    });
    context.preferences.changed.connect(() =>
      app.commands.notifyCommandChanged(CommandIDs.notifyByBrowser)
    );
    app.commands.addCommand(CommandIDs.copyReport, {
      label: trans.__('Copy report'),
      caption: trans.__('Copy what failed as one text for a ticket; secrets are masked'),
      describedBy: commandArgs({}, { job: 'string', model: 'string' }),
      execute: async args => {
        try {
          const { text } = await (args['job']
            ? client.jobReport(String(args['job']))
            : client.environmentReport(String(args['model'])));
          Clipboard.copyToSystem(text);
          Notification.success(trans.__('The report is in the clipboard'), { autoClose: 3000 });
        } catch (error) {
          Notification.error((error as Error).message);
        }
      }
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openJob,
      args: widget => ({ job: ids.get(widget) ?? '' }),
      name: widget => ids.get(widget) ?? ''
    });
    for (const command of [CommandIDs.openJob, CommandIDs.notifyByBrowser]) {
      palette?.addItem({ command, category: trans.__('ModelOp') });
    }
    notifyJobEnds(context, open, job => widgetOf(job)?.isVisible ?? false);
  }
};

/** Load the view of a job; return what makes a widget of it. */
async function loadJobView() {
  const { JobView } = await import('../mainArea/jobView');
  const { ComponentWidget } = await import('../components/componentWidget');
  return (context: IModelOp, job: string): MainAreaWidget<ComponentWidget> => {
    const id = `modelop-jupyter-job-${job}`;
    const content = new ComponentWidget(context, id, job.slice(0, 8), () =>
      React.createElement(JobView, {
        id: job,
        onName: (name: string) => (content.title.label = name)
      })
    );
    content.addClass('jp-modelop-jobPanel');
    return mainAreaTab(content, `modelop-jupyter-job-area-${job}`);
  };
}
