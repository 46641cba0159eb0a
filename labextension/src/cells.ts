import type { ICodeCellModel } from '@jupyterlab/cells';
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { RegistrationWish } from './types';

type Cells = NonNullable<RegistrationWish['cells']>;

const LOAD = '%load_ext modelop_jupyter';

/** Which cells had which number, as far as they were run in this page. */
const ran = new WeakMap<Notebook, Map<number, string>>();

/** Remember which cell gets which number, from now on. */
export function followExecutions(): void {
  NotebookActions.executed.connect((_, { notebook, cell }) => {
    const number = (cell.model as ICodeCellModel).executionCount;
    if (cell.model.type === 'code' && number) {
      const known = ran.get(notebook) ?? new Map<number, string>();
      ran.set(notebook, known.set(number, cell.model.id));
    }
  });
}

/**
 * Return what the notebook's kernel has run since it was started, as it ran it: a cell may have been
 * changed since, and the numbers beside cells may be those of a kernel that is gone.
 */
export async function executedCells(panel: NotebookPanel): Promise<Cells> {
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
  const ids = new Map(ran.get(panel.content));
  for (const cell of codeCells(panel)) {
    if (cell.executionCount) {
      ids.set(cell.executionCount, cell.id);
    }
  }
  return (content.history as [number, number, string][])
    .filter(([, number, source]) => number > 0 && source.trim() !== '')
    .map(([, number, source]) => ({ number, source, id: ids.get(number) ?? null }));
}

/** Return the code cells as they stand in the open notebook. */
export function currentCells(panel: NotebookPanel): NonNullable<RegistrationWish['current']> {
  return codeCells(panel).map(cell => ({ id: cell.id, source: cell.sharedModel.getSource() }));
}

/**
 * Put a magic's cell below the active one, and above it the one that loads the magics, if need be.
 *
 * Returns where they are.
 */
export function insertMagic(panel: NotebookPanel, source: string): number[] {
  const isLoaded = codeCells(panel).some(cell => cell.sharedModel.getSource().includes(LOAD));
  return [...(isLoaded ? [] : [LOAD]), source].map(each => insertCell(panel, each));
}

/** Do the same, and run them. */
export async function runMagic(panel: NotebookPanel, source: string): Promise<void> {
  const { content, sessionContext } = panel;
  for (const index of insertMagic(panel, source)) {
    content.activeCellIndex = index;
    content.deselectAll();
    await NotebookActions.run(content, sessionContext);
  }
}

function insertCell({ content }: NotebookPanel, source: string): number {
  const model = content.activeCell?.model;
  if (model?.type !== 'code' || model.sharedModel.getSource() !== '') {
    NotebookActions.insertBelow(content);
  }
  content.activeCell?.model.sharedModel.setSource(source);
  return content.activeCellIndex;
}

/** Return the code cells of a notebook, in its order. */
export function codeCells(panel: NotebookPanel): ICodeCellModel[] {
  const cells = panel.content.model?.cells;
  return [...(cells ?? [])].filter(cell => cell.type === 'code') as ICodeCellModel[];
}
