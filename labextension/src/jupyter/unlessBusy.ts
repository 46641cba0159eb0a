import type { Kernel } from '@jupyterlab/services';

/** How long to wait for a kernel that has nothing else to do, in milliseconds: on a busy machine it is slow. */
const IDLE_TIMEOUT = 60_000;

/**
 * Return what a kernel answers, null if it does other work for so many milliseconds or answers nothing.
 *
 * `ask` is called at once; without a kernel its answer is waited for as that of an idle one.
 */
export async function unlessBusy<T>(
  kernel: Kernel.IKernelConnection | null,
  milliseconds: number,
  ask: () => Promise<T>
): Promise<T | null> {
  // To answer makes a kernel busy, too: what counts is that it could begin with it.
  let canAnswer = kernel === null || kernel.status === 'idle';
  const onStatus = (_: unknown, status: Kernel.Status) => {
    canAnswer ||= status === 'idle';
  };
  kernel?.statusChanged.connect(onStatus);
  const timers: number[] = [];
  const givenUp = new Promise<null>(resolve => {
    timers.push(
      window.setTimeout(() => (canAnswer ? undefined : resolve(null)), milliseconds),
      window.setTimeout(() => resolve(null), IDLE_TIMEOUT)
    );
  });
  try {
    return await Promise.race([ask(), givenUp]);
  } finally {
    timers.forEach(timer => window.clearTimeout(timer));
    kernel?.statusChanged.disconnect(onStatus);
  }
}
