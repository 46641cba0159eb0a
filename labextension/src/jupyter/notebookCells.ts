import type { ICodeCellModel } from '@jupyterlab/cells';
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { RegistrationRequest } from '../api/types';

type ExecutedCells = NonNullable<RegistrationRequest['cells']>;

const LOAD_MAGICS = '%load_ext modelop_jupyter';

/** Cell ids by execution count, of the cells that were run since the page was loaded. */
const executedIds = new WeakMap<Notebook, Map<number, string>>();

/** Record the execution counts of cells from now on. */
export function trackExecutions(): void {
  NotebookActions.executed.connect((_, { notebook, cell }) => {
    const count = (cell.model as ICodeCellModel).executionCount;
    if (cell.model.type === 'code' && count) {
      const ids = executedIds.get(notebook) ?? new Map<number, string>();
      executedIds.set(notebook, ids.set(count, cell.model.id));
    }
  });
}

/**
 * Return the source that a notebook's kernel has run since it was started.
 *
 * The kernel's history is asked because cells may have been edited since, and because the execution counts
 * of a saved notebook may be those of an earlier kernel.
 */
export async function executedCells(panel: NotebookPanel): Promise<ExecutedCells> {
  const kernel = panel.sessionContext.session?.kernel;
  if (!kernel) {
    return [];
  }
  const { content } = await kernel.requestHistory({
    hist_access_type: 'range',
    session: 0,
    start: 1,
    stop: 1_000_000_000,
    output: false,
    raw: true
  });
  if (content.status !== 'ok') {
    return [];
  }
  const ids = new Map(executedIds.get(panel.content));
  for (const cell of codeCells(panel)) {
    if (cell.executionCount) {
      ids.set(cell.executionCount, cell.id);
    }
  }
  return (content.history as [number, number, string][])
    .filter(([, number, source]) => number > 0 && source.trim() !== '')
    .map(([, number, source]) => ({ number, source, id: ids.get(number) ?? null }));
}

/** Return the present source of a notebook's code cells. */
export function currentCells(panel: NotebookPanel): NonNullable<RegistrationRequest['current']> {
  return codeCells(panel).map(cell => ({ id: cell.id, source: cell.sharedModel.getSource() }));
}

/**
 * Insert a cell with a magic below the active cell, after one that loads the magics if there is none.
 *
 * Returns the indexes of the inserted cells.
 */
export function insertMagic(panel: NotebookPanel, source: string): number[] {
  const isLoaded = codeCells(panel).some(cell =>
    cell.sharedModel.getSource().includes(LOAD_MAGICS)
  );
  const sources = isLoaded ? [source] : [LOAD_MAGICS, source];
  return sources.map(text => insertCell(panel, text));
}

/** Insert a cell with a magic as `insertMagic` does, and run what was inserted. */
export async function runMagic(panel: NotebookPanel, source: string): Promise<void> {
  const { content, sessionContext } = panel;
  for (const index of insertMagic(panel, source)) {
    content.activeCellIndex = index;
    content.deselectAll();
    await NotebookActions.run(content, sessionContext);
  }
}

/** Run cells by their ids, one after the other; the active cell stays the active one. */
export async function runCells(panel: NotebookPanel, ids: readonly string[]): Promise<void> {
  const { content, sessionContext } = panel;
  const active = content.activeCellIndex;
  for (const id of ids) {
    const index = content.widgets.findIndex(({ model }) => model.id === id);
    if (index >= 0) {
      content.activeCellIndex = index;
      content.deselectAll();
      await NotebookActions.run(content, sessionContext);
    }
  }
  content.activeCellIndex = active;
}

/** Insert a cell below the active one, or fill the active one if it is empty; return its index. */
export function insertCell({ content }: NotebookPanel, source: string): number {
  const model = content.activeCell?.model;
  if (model?.type !== 'code' || model.sharedModel.getSource() !== '') {
    NotebookActions.insertBelow(content);
  }
  content.activeCell?.model.sharedModel.setSource(source);
  return content.activeCellIndex;
}

/** Return the code cells of a notebook in their order. */
export function codeCells(panel: NotebookPanel): ICodeCellModel[] {
  const cells = panel.content.model?.cells;
  return [...(cells ?? [])].filter(cell => cell.type === 'code') as ICodeCellModel[];
}
