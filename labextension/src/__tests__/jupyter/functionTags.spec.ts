import type { NotebookPanel } from '@jupyterlab/notebook';
import { createStandaloneCell } from '@jupyter/ydoc';
import { tagFunction, withTag } from '../../jupyter/functionTags';

/** Return a notebook of code cells, all of which have run. */
function panelOf(sources: string[]): NotebookPanel {
  const cells = sources.map((source, index) => ({
    type: 'code',
    id: String(index),
    executionCount: index + 1,
    sharedModel: createStandaloneCell({ cell_type: 'code', source })
  }));
  return { content: { model: { cells } } } as unknown as NotebookPanel;
}

function sources(panel: NotebookPanel): string[] {
  return [...panel.content.model!.cells].map(cell => cell.sharedModel.getSource());
}

describe('withTag', () => {
  it.each([
    ['def predict(r):\n  yield r', '# modelop.score\ndef predict(r):\n  yield r'],
    ['x = 1\n@cache\ndef predict(r):', 'x = 1\n# modelop.score\n@cache\ndef predict(r):'],
    ['# modelop.score\ndef predict(r):', '# modelop.score\ndef predict(r):'],
    [
      '#modelop.score\ndef old(r):\n\ndef predict(r):',
      'def old(r):\n\n# modelop.score\ndef predict(r):'
    ],
    ['# modelop.init\ndef old():', '# modelop.init\ndef old():']
  ])('puts the tag above the function and its decorators', (before, after) => {
    expect(withTag(before, 'score', 'predict')).toBe(after);
  });
});

describe('tagFunction', () => {
  it('moves the tag to the cell that defines the function', () => {
    const panel = panelOf([
      '# modelop.score\ndef old(r):\n  yield 1',
      'def predict(r):\n  yield r'
    ]);

    expect(tagFunction(panel, 'score', 'predict')).toBe(true);
    expect(sources(panel)).toEqual([
      'def old(r):\n  yield 1',
      '# modelop.score\ndef predict(r):\n  yield r'
    ]);
  });

  it('is taken back by undo', () => {
    const panel = panelOf(['def predict(r):\n  yield r']);
    const cell = [...panel.content.model!.cells][0].sharedModel;
    cell.clearUndoHistory();
    tagFunction(panel, 'score', 'predict');
    cell.undo();

    expect(cell.getSource()).toBe('def predict(r):\n  yield r');
  });

  it('changes nothing where no cell defines the function', () => {
    const panel = panelOf(['# modelop.score\ndef old(r):\n  yield 1']);

    expect(tagFunction(panel, 'score', 'predict')).toBe(false);
    expect(sources(panel)).toEqual(['# modelop.score\ndef old(r):\n  yield 1']);
  });
});
