import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import {
  Dialog,
  MainAreaWidget,
  Notification,
  WidgetTracker,
  showDialog
} from '@jupyterlab/apputils';
import { deleteIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { announceEnds } from '../announce';
import type { IModelOp as IContext } from '../context';
import { described } from '../described';
import { modelopIcon } from '../icons';
import { openBeside } from '../place';
import type { Section } from '../sidebar';
import { CommandIDs } from '../tokens';
import { IModelOp } from './core';

export const jobs: JupyterFrontEndPlugin<void> = {
  id: 'modelop-jupyter:jobs',
  description: 'Opens jobs in the main area, stops and removes them, and says when one has ended.',
  autoStart: true,
  requires: [IModelOp],
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, context: IContext, restorer: ILayoutRestorer | null): void => {
    const { client, changes, trans } = context;
    const tracker = new WidgetTracker<MainAreaWidget<Section>>({
      namespace: 'modelop-jupyter-jobs'
    });
    const ids = new WeakMap<MainAreaWidget<Section>, string>();

    const open = async (job: string): Promise<void> => {
      const there = tracker.find(widget => ids.get(widget) === job);
      const widget = there ?? (await jobWidget(context, job));
      if (!there) {
        ids.set(widget, job);
        void tracker.add(widget);
      }
      openBeside(app, widget, 'ModelOp Job');
    };

    app.commands.addCommand(CommandIDs.openJob, {
      label: trans.__('Open job'),
      icon: modelopIcon,
      describedBy: described({ job: 'string' }),
      execute: args => open(String(args['job']))
    });
    app.commands.addCommand(CommandIDs.stopJob, {
      label: trans.__('Stop job'),
      icon: stopIcon,
      describedBy: described({ job: 'string' }),
      execute: async args => {
        try {
          await client.cancel(String(args['job']));
        } catch (error) {
          Notification.error((error as Error).message);
        }
        await changes.refresh();
      }
    });
    app.commands.addCommand(CommandIDs.removeJob, {
      label: trans.__('Remove job…'),
      icon: deleteIcon,
      describedBy: described({ job: 'string' }),
      execute: async args => {
        const job = String(args['job']);
        const answer = await showDialog({
          title: trans.__('Remove job %1?', job.slice(0, 8)),
          body: trans.__(
            'All that it holds is deleted: output, errors, log; its metrics leave the history. An output that lies elsewhere stays.'
          ),
          buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Remove') })]
        });
        if (!answer.button.accept) {
          return;
        }
        try {
          await client.removeJob(job);
          tracker.find(widget => ids.get(widget) === job)?.dispose();
        } catch (error) {
          const { message, hint } = error as Error & { hint?: string };
          Notification.error([message, hint].filter(Boolean).join('. '));
        }
        await changes.refresh();
      }
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openJob,
      args: widget => ({ job: ids.get(widget) ?? '' }),
      name: widget => ids.get(widget) ?? ''
    });
    announceEnds(context, open);
  }
};

async function jobWidget(context: IContext, job: string): Promise<MainAreaWidget<Section>> {
  const { JobView } = await import('../job/view');
  const { Section } = await import('../sidebar');
  const content = new Section(context, `modelop-jupyter-job-${job}`, job.slice(0, 8), () =>
    React.createElement(JobView, {
      id: job,
      onName: (name: string) => (content.title.label = name)
    })
  );
  content.addClass('jp-modelop-jobPanel');
  const widget = new MainAreaWidget({ content });
  widget.id = `modelop-jupyter-job-area-${job}`;
  widget.title.icon = modelopIcon;
  widget.title.closable = true;
  return widget;
}
