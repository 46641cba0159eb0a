import type { Kernel } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { unlessBusy } from '../../jupyter/unlessBusy';

const LIMIT = 5000;

/** A kernel of which only the status is known. */
class OnlyStatus {
  constructor(public status: Kernel.Status) {}

  readonly statusChanged = new Signal<this, Kernel.Status>(this);

  become(status: Kernel.Status): void {
    this.status = status;
    this.statusChanged.emit(status);
  }
}

/** Ask a kernel, whose answer takes so many milliseconds. */
function asked(kernel: OnlyStatus | null, takes: number): Promise<string | null> {
  const answer = () => new Promise<string>(resolve => setTimeout(() => resolve('answer'), takes));
  return unlessBusy(kernel as unknown as Kernel.IKernelConnection | null, LIMIT, answer);
}

describe('unlessBusy', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('waits for an idle kernel, which a busy machine slows down', async () => {
    const kernel = new OnlyStatus('idle');
    const result = asked(kernel, 4 * LIMIT);
    kernel.become('busy');
    await jest.advanceTimersByTimeAsync(4 * LIMIT);

    expect(await result).toBe('answer');
  });

  it('does not wait for a kernel that runs a cell', async () => {
    const result = asked(new OnlyStatus('busy'), 2 * LIMIT);
    await jest.advanceTimersByTimeAsync(LIMIT);

    expect(await result).toBeNull();
  });

  it('waits for a kernel whose cell ends in time', async () => {
    const kernel = new OnlyStatus('busy');
    const result = asked(kernel, 2 * LIMIT);
    kernel.become('idle');
    kernel.become('busy');
    await jest.advanceTimersByTimeAsync(2 * LIMIT);

    expect(await result).toBe('answer');
  });

  it('does not wait for ever', async () => {
    const result = asked(new OnlyStatus('idle'), 1e6);
    await jest.advanceTimersByTimeAsync(60_000);

    expect(await result).toBeNull();
  });

  it('waits for what needs no kernel', async () => {
    const result = asked(null, 2 * LIMIT);
    await jest.advanceTimersByTimeAsync(2 * LIMIT);

    expect(await result).toBe('answer');
  });
});
