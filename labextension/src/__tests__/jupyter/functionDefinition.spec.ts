import { definitionLine } from '../../jupyter/functionDefinition';

describe('definitionLine', () => {
  it.each([
    ['def action(x):\n    pass', 0],
    ['# modelop.score\nasync  def action (x):\n    pass', 1],
    ['%%modelop model churn\n\ndef other(): ...\ndef action(x): ...', 3],
    ['def action(x): ...\ndef action(y): ...', 1],
    ['def actions(x):\n    pass', -1],
    ['undef action(x):\n    pass', -1],
    ['class Model:\n    def action(x):\n        pass', -1],
    ['x = "def action("', -1],
    ['', -1]
  ])('finds the function of %j in line %i', (source, line) => {
    expect(definitionLine(source, 'action')).toBe(line);
  });
});
