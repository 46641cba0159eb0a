import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { codeCells } from './cells';

const FACTORY = 'Notebook';

/**
 * Open a notebook at the cell that defines a function.
 *
 * Returns false, and opens nothing, where none does: it may have been changed since it was registered.
 */
export async function openDefinition(
  manager: IDocumentManager,
  path: string,
  name: string
): Promise<boolean> {
  const isOpen = manager.findWidget(path, FACTORY) !== undefined;
  if (!isOpen && !(await isDefined(manager, path, name))) {
    return false;
  }
  const panel = manager.openOrReveal(path, FACTORY) as NotebookPanel | undefined;
  if (!panel || panel.isDisposed) {
    // Notebook 7 has opened it in a tab of the browser.
    return panel !== undefined;
  }
  await panel.context.ready;
  await panel.revealed;
  return showDefinition(panel, name);
}

/** Return where a text defines a function, counting lines from 0; -1 where it does not. */
export function definitionLine(source: string, name: string): number {
  const head = /^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(/;
  const defined = source.split('\n').map(line => head.exec(line)?.[1]);
  return defined.lastIndexOf(name);
}

async function isDefined(manager: IDocumentManager, path: string, name: string): Promise<boolean> {
  try {
    const { content } = await manager.services.contents.get(path, {
      type: 'notebook',
      content: true
    });
    const cells: { cell_type: string; source: string | string[] }[] = content.cells;
    return cells.some(
      ({ cell_type: type, source }) =>
        type === 'code' && definitionLine([source].flat().join(''), name) >= 0
    );
  } catch {
    // It was moved or removed since the model was looked at.
    return false;
  }
}

/** Go to the cell that defines a function; of several, to the one that was run last. */
async function showDefinition(panel: NotebookPanel, name: string): Promise<boolean> {
  const cell = codeCells(panel)
    .filter(each => definitionLine(each.sharedModel.getSource(), name) >= 0)
    .sort((one, other) => (one.executionCount ?? 0) - (other.executionCount ?? 0))
    .pop();
  if (cell === undefined) {
    return false;
  }
  const { content } = panel;
  const index = content.widgets.findIndex(widget => widget.model === cell);
  const widget = content.widgets[index];
  content.activeCellIndex = index;
  await content.scrollToCell(widget, 'center');
  await widget.ready;
  const line = definitionLine(cell.sharedModel.getSource(), name);
  widget.editor?.setCursorPosition({ line, column: 0 });
  return true;
}
