import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Widget } from '@lumino/widgets';

/** Show a view beside the documents, and at the right of the only one where a host has room for no other. */
export function openBeside(app: JupyterFrontEnd, widget: Widget, type: string): void {
  if (!widget.isAttached) {
    app.shell.add(widget, 'main', { type });
  }
  if (!widget.isAttached) {
    // Notebook 7 takes one document and passes over the second.
    app.shell.add(widget, 'right', { type });
  }
  app.shell.activateById(widget.id);
}
