import type { NotebookPanel } from '@jupyterlab/notebook';
import type { RegistrationRequest, ValueQuery } from '../api/types';
import { unlessBusy } from './unlessBusy';

/** The literals of a kernel's variables, or why they have none. */
export type KernelValues = NonNullable<RegistrationRequest['values']>;

/** How long to wait for a kernel that runs a cell, in milliseconds: it answers when that has finished. */
const KERNEL_TIMEOUT = 5000;

/** What the file of a value is. */
export type ValueFacts = NonNullable<KernelValues[string]['file']>;

/**
 * Return what a notebook's kernel says of its variables; the expression is the server's.
 *
 * Nothing is added to the kernel's history or its variables. A kernel that does not answer knows no literals.
 */
export async function readValues(panel: NotebookPanel, query: ValueQuery): Promise<KernelValues> {
  const kernel = panel.sessionContext.session?.kernel ?? null;
  const answer = await unlessBusy(kernel, KERNEL_TIMEOUT, () =>
    evaluate<KernelValues>(panel, query.expression)
  );
  return Object.fromEntries(query.names.map(name => [name, answer?.[name] ?? { reason: '' }]));
}

/** Have a notebook's kernel write a value to a file; throws where that cannot be done. */
export async function saveValue(panel: NotebookPanel, expression: string): Promise<ValueFacts> {
  const answer = await evaluate<{ file?: ValueFacts; problem?: string }>(panel, expression);
  if (answer?.file === undefined) {
    throw new Error(answer?.problem ?? 'the kernel has not answered');
  }
  return answer.file;
}

async function evaluate<T>(panel: NotebookPanel, expression: string): Promise<T | null> {
  const kernel = panel.sessionContext.session?.kernel;
  if (!kernel) {
    return null;
  }
  const execution = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false,
    user_expressions: { values: expression }
  });
  const { content } = await execution.done;
  if (content.status !== 'ok') {
    return null;
  }
  const answer = content.user_expressions['values'] as
    { data?: Record<string, unknown> } | undefined;
  return (answer?.data?.['application/json'] as T | undefined) ?? null;
}
