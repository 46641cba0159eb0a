import { Signal } from '@lumino/signaling';
import { notifyManager } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import * as React from 'react';
import type { IChange } from '../../api/changes';
import { ModelOpContext } from '../../state/context';
import type { IModelOp } from '../../state/context';
import { createQueryClient, useAction, useServerQuery } from '../../state/queries';

const JOB_CHANGE: IChange = { topics: ['jobs'], jobs: ['one'] };

class Changes {
  readonly changed = new Signal<this, IChange>(this);
  refreshes = 0;

  refresh(): Promise<void> {
    this.refreshes++;
    return Promise.resolve();
  }
}

// Not by timers, which a busy machine delays.
notifyManager.setScheduler(queueMicrotask);

/** Let all promises settle. */
async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve));
  });
}

function wrapper(changes: Changes) {
  const context = { changes, queries: createQueryClient(changes as never) };
  return ({ children }: { children: React.ReactNode }) => (
    <ModelOpContext.Provider value={context as unknown as IModelOp}>
      {children}
    </ModelOpContext.Provider>
  );
}

/** Render a component that shows what `fetch` returns. */
async function query<T>(changes: Changes, fetch: () => Promise<T>, job?: string) {
  const hook = renderHook(
    () => {
      const { data, error, isFetching, refetch } = useServerQuery({
        key: ['test'],
        topics: ['jobs'],
        job,
        fetch
      });
      return { data, error, isFetching, refetch };
    },
    { wrapper: wrapper(changes) }
  );
  await settle();
  return hook;
}

async function emit(changes: Changes, change: IChange): Promise<void> {
  act(() => changes.changed.emit(change));
  await settle();
}

describe('useServerQuery', () => {
  it('fetches again after a change of its topic', async () => {
    const changes = new Changes();
    let fetches = 0;
    const { result } = await query(changes, async () => ++fetches);
    await emit(changes, JOB_CHANGE);

    expect(result.current.data).toBe(2);
  });

  it('does not fetch after a change of another topic', async () => {
    const changes = new Changes();
    let fetches = 0;
    await query(changes, async () => ++fetches);
    await emit(changes, { topics: ['models'], jobs: [] });

    expect(fetches).toBe(1);
  });

  it('does not fetch after a change of another job', async () => {
    const changes = new Changes();
    let fetches = 0;
    await query(changes, async () => ++fetches, 'two');
    await emit(changes, JOB_CHANGE);

    expect(fetches).toBe(1);
  });

  it.each([[['two']], [[]]])('fetches after a change of jobs %j', async jobs => {
    const changes = new Changes();
    let fetches = 0;
    await query(changes, async () => ++fetches, 'two');
    await emit(changes, { topics: ['jobs'], jobs });

    expect(fetches).toBe(2);
  });

  it('fetches once more after many changes during a fetch, and shows each result', async () => {
    const changes = new Changes();
    const resolvers: ((value: string) => void)[] = [];
    const { result } = await query(
      changes,
      () => new Promise<string>(resolve => resolvers.push(resolve))
    );
    await emit(changes, JOB_CHANGE);
    await emit(changes, JOB_CHANGE);
    resolvers[0]('first');
    await settle();
    const first = result.current.data;
    resolvers[1]('second');
    await settle();

    expect(first).toBe('first');
    expect(result.current.data).toBe('second');
    expect(resolvers).toHaveLength(2);
  });

  it('fetches once more after a change during a fetch that fails', async () => {
    const changes = new Changes();
    const rejecters: ((reason: Error) => void)[] = [];
    await query(changes, () => new Promise<string>((_, reject) => rejecters.push(reject)));
    await emit(changes, JOB_CHANGE);
    rejecters[0](new Error('away'));
    await settle();

    expect(rejecters).toHaveLength(2);
  });

  it('keeps the last data beside the error of a fetch that failed', async () => {
    const changes = new Changes();
    let isBroken = false;
    const { result } = await query(changes, async () => {
      if (isBroken) {
        throw new Error('away');
      }
      return 'good';
    });
    isBroken = true;
    await emit(changes, JOB_CHANGE);

    expect([result.current.data, result.current.error?.message]).toEqual(['good', 'away']);
  });

  it('drops a result that arrives after a newer one', async () => {
    const changes = new Changes();
    const resolvers: ((value: string) => void)[] = [];
    const { result } = await query(
      changes,
      () => new Promise<string>(resolve => resolvers.push(resolve))
    );
    resolvers[0]('before');
    await settle();
    act(() => {
      void result.current.refetch();
      void result.current.refetch();
    });
    resolvers[2]('new');
    await settle();
    resolvers[1]('old');
    await settle();

    expect(result.current.data).toBe('new');
  });

  it('fetches nothing after its component is unmounted', async () => {
    const changes = new Changes();
    let fetches = 0;
    const { unmount } = await query(changes, async () => ++fetches);
    unmount();
    await emit(changes, JOB_CHANGE);

    expect(fetches).toBe(1);
  });

  it('fetches although the browser is offline', async () => {
    const onLine = jest.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    window.dispatchEvent(new Event('offline'));
    const { result } = await query(new Changes(), async () => 'local');
    window.dispatchEvent(new Event('online'));
    onLine.mockRestore();

    expect(result.current.data).toBe('local');
  });
});

describe('useAction', () => {
  it('keeps the error of an action, and polls for changes after it', async () => {
    const changes = new Changes();
    const { result } = renderHook(useAction, { wrapper: wrapper(changes) });
    act(() => result.current.run(() => Promise.reject(new Error('refused'))));
    await settle();

    expect(result.current.error?.message).toBe('refused');
    expect(changes.refreshes).toBe(1);
  });

  it('forgets the error with the next action', async () => {
    const { result } = renderHook(useAction, { wrapper: wrapper(new Changes()) });
    act(() => result.current.run(() => Promise.reject(new Error('refused'))));
    await settle();
    act(() => result.current.run(() => Promise.resolve()));
    await settle();

    expect(result.current.error).toBeNull();
  });

  it('is running until the action has ended', async () => {
    const { result } = renderHook(useAction, { wrapper: wrapper(new Changes()) });
    let end: () => void = () => undefined;
    act(() => result.current.run(() => new Promise<void>(resolve => (end = resolve))));
    await settle();
    const during = result.current.isRunning;
    end();
    await settle();

    expect([during, result.current.isRunning]).toEqual([true, false]);
  });
});
