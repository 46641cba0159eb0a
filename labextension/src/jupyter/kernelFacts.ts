import type { Kernel } from '@jupyterlab/services';
import type { ApiClient } from '../api/client';
import type { KernelPython, KernelTable } from '../api/types';
import { unlessBusy } from './unlessBusy';

/** How long to wait for a kernel that runs a cell, in milliseconds: it does not tell its data frames. */
const KERNEL_TIMEOUT = 3000;

/** Return the Python of a kernel and its packages; undefined if it is no Python that can tell. */
export async function pythonOf(
  client: ApiClient,
  kernel: Kernel.IKernelConnection
): Promise<KernelPython | undefined> {
  return (await valueOf(kernel, (await client.kernelCode()).python)) as KernelPython | undefined;
}

/** Return the first records of a kernel's data frames, the last one first; none of a kernel that is busy. */
export async function tablesOf(
  client: ApiClient,
  kernel: Kernel.IKernelConnection | null
): Promise<readonly KernelTable[]> {
  if (kernel === null) {
    return [];
  }
  const tables = await unlessBusy(kernel, KERNEL_TIMEOUT, async () =>
    valueOf(kernel, (await client.kernelCode()).tables)
  );
  return (tables as readonly KernelTable[] | null | undefined) ?? [];
}

/**
 * Return the JSON form of the value of an expression; undefined if it has none.
 *
 * The kernel counts no execution, and its history has none.
 */
async function valueOf(kernel: Kernel.IKernelConnection, expression: string): Promise<unknown> {
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false,
    user_expressions: { value: expression }
  });
  const { content } = await future.done;
  if (content.status !== 'ok') {
    return undefined;
  }
  const value = content.user_expressions['value'] as
    { status: string; data?: Record<string, unknown> } | undefined;
  return value?.data?.['application/json'];
}
