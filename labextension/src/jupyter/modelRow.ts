import type { JupyterFrontEnd } from '@jupyterlab/application';

/** The rows of models in the sidebar, as the selector of their context menu. */
export const MODEL_ROW = '.jp-modelop-sidebar [data-modelop-model]';

/** Return the model whose row the context menu was opened on. */
export function rowModel(app: JupyterFrontEnd): string | undefined {
  const row = app.contextMenuHitTest(node => node.dataset['modelopModel'] !== undefined);
  return row?.dataset['modelopModel'];
}
