import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Widget } from '@lumino/widgets';

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
