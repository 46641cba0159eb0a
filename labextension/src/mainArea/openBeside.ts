import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import type { Widget } from '@lumino/widgets';
import { modelopIcon } from '../jupyter/icons';

/** Return a tab of the main area with our icon, which can be closed. */
export function mainAreaTab<T extends Widget>(content: T, id: string): MainAreaWidget<T> {
  const widget = new MainAreaWidget({ content });
  widget.id = id;
  widget.title.icon = modelopIcon;
  widget.title.closable = true;
  return widget;
}

/** Open a widget in the main area, or in the right area of applications with a single document. */
export function openBeside(app: JupyterFrontEnd, widget: Widget, type: string): void {
  if (!widget.isAttached) {
    app.shell.add(widget, 'main', { type });
  }
  if (!widget.isAttached) {
    // Notebook 7 has one document in its main area, and ignores another.
    app.shell.add(widget, 'right', { type });
  }
  app.shell.activateById(widget.id);
}
