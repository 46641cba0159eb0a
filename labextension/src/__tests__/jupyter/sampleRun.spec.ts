import type { Registration } from '../../api/types';
import { testData } from '../../jupyter/sampleRun';

/** Return the registration of a model with these test data files. */
function registrationOf(source: string, ...paths: string[]): Registration {
  const assets = paths.map(path => ({ path, role: 'TEST_DATA' }));
  return { model: { state: { assets } }, source } as unknown as Registration;
}

describe('testData', () => {
  it.each([
    ['the only file', ['in.json'], 'in.json'],
    ['one that is named so', ['a.json', 'data/test_customers.csv'], 'data/test_customers.csv'],
    ['none that the source reads itself', ['binaries/weights.json'], undefined],
    ['nothing', [], undefined]
  ])('is %s', (_, paths, expected) => {
    const source = 'json.load(open("binaries/weights.json"))';

    expect(testData(registrationOf(source, ...paths))).toBe(expected);
  });
});
