import type { KernelSpec } from '@jupyterlab/services';
import { pythonKernel } from '../../jupyter/pythonKernel';

type Kernel = [name: string, language: string, isIsolated?: boolean];

/** Return the kernel specs of a server. */
function specsOf(byDefault: string, ...kernels: Kernel[]): KernelSpec.ISpecModels {
  const models = kernels.map(([name, language, isIsolated = false]) => {
    return [name, { name, language, metadata: isIsolated ? { modelop: {} } : {} }];
  });
  const kernelspecs = Object.fromEntries(models);
  return { default: byDefault, kernelspecs } as KernelSpec.ISpecModels;
}

describe('pythonKernel', () => {
  it.each<[string, KernelSpec.ISpecModels | null, string]>([
    ["the server's default", specsOf('mine', ['python3', 'python'], ['mine', 'python']), 'mine'],
    ['the first of Python', specsOf('ir', ['ir', 'R'], ['conda', 'python']), 'conda'],
    [
      'none of a model',
      specsOf('ir', ['ir', 'R'], ['churn-2', 'python', true], ['conda', 'python']),
      'conda'
    ],
    ['the default without any of Python', specsOf('ir', ['ir', 'R']), 'ir'],
    ['the usual one of a server that has not told', null, 'python3']
  ])('is %s', (_, specs, expected) => {
    expect(pythonKernel(specs)).toBe(expected);
  });
});
