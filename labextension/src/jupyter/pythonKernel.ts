import type { KernelSpec } from '@jupyterlab/services';

/**
 * Return the kernel of a new Python notebook: the server's default, else the first one of Python.
 *
 * Isolated kernels are of models; without any other the server's default is returned.
 */
export function pythonKernel(specs: KernelSpec.ISpecModels | null): string {
  const fallback = specs?.default ?? 'python3';
  const isPython = (name: string): boolean => {
    const spec = specs?.kernelspecs[name];
    return spec?.language === 'python' && !spec.metadata?.['modelop'];
  };
  const names = [fallback, ...Object.keys(specs?.kernelspecs ?? {})];
  return names.find(isPython) ?? fallback;
}
