import type { NotebookPanel } from '@jupyterlab/notebook';
import { currentCells, executedCells } from '../cells';

/** A notebook whose second cell was changed after it ran, with a kernel that has run these texts. */
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
  it('takes what the kernel ran, not what stands in the cells', async () => {
    const found = await executedCells(panelOf(['x = 1', 'x = 2', ' ', 'y = x']));

    expect(found).toEqual([
      { number: 1, source: 'x = 1', id: 'a' },
      { number: 2, source: 'x = 2', id: 'b' },
      { number: 4, source: 'y = x', id: null }
    ]);
  });

  it.each([[null], [[]]])('finds nothing where the kernel has run nothing', async history => {
    expect(await executedCells(panelOf(history))).toEqual([]);
  });
});

describe('currentCells', () => {
  it('tells what the cells have become', () => {
    expect(currentCells(panelOf([]))).toEqual([
      { id: 'a', source: 'x = 1' },
      { id: 'b', source: 'x = 3' }
    ]);
  });
});
