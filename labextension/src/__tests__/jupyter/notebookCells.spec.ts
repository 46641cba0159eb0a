import type { NotebookPanel } from '@jupyterlab/notebook';
import { currentCells, executedCells } from '../../jupyter/notebookCells';

/** Return a notebook whose second cell was edited after its execution; `history` is what the kernel ran. */
function panelOf(history: string[] | null): NotebookPanel {
  const cells = [
    { type: 'markdown' },
    { type: 'code', id: 'a', executionCount: 1, sharedModel: { getSource: () => 'x = 1' } },
    { type: 'code', id: 'b', executionCount: 2, sharedModel: { getSource: () => 'x = 3' } }
  ];
  const kernel = history && {
    requestHistory: async () => ({
      content: { status: 'ok', history: history.map((text, index) => [0, index + 1, text]) }
    })
  };
  return {
    content: { model: { cells } },
    sessionContext: { session: { kernel } }
  } as unknown as NotebookPanel;
}

describe('executedCells', () => {
  it('returns what the kernel ran, not the present source of the cells', async () => {
    const cells = await executedCells(panelOf(['x = 1', 'x = 2', ' ', 'y = x']));

    expect(cells).toEqual([
      { number: 1, source: 'x = 1', id: 'a' },
      { number: 2, source: 'x = 2', id: 'b' },
      { number: 4, source: 'y = x', id: null }
    ]);
  });

  it.each([[null], [[]]])('returns nothing where the kernel has run nothing', async history => {
    expect(await executedCells(panelOf(history))).toEqual([]);
  });
});

describe('currentCells', () => {
  it('returns the present source of the cells', () => {
    expect(currentCells(panelOf([]))).toEqual([
      { id: 'a', source: 'x = 1' },
      { id: 'b', source: 'x = 3' }
    ]);
  });
});
