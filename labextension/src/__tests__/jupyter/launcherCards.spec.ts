import type { ILauncher } from '@jupyterlab/launcher';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { ChangeFeed, IChange } from '../../api/changes';
import type { ApiClient } from '../../api/client';
import { addModelCards } from '../../jupyter/launcherCards';

/** A launcher that tells the models which have a card, in their order. */
class FakeLauncher implements ILauncher {
  readonly models: unknown[] = [];

  add({ args }: ILauncher.IItemOptions): { dispose: () => void; isDisposed: boolean } {
    const model = args?.['model'];
    this.models.push(model);
    return {
      dispose: () => void this.models.splice(this.models.indexOf(model), 1),
      isDisposed: false
    };
  }
}

describe('addModelCards', () => {
  it('shows the models that were used last, and others after a change', async () => {
    jest.useFakeTimers();
    const changed = new Signal<object, IChange>({});
    const launcher = new FakeLauncher();
    let names = ['b', 'a'];
    const asked: unknown[] = [];
    const client = {
      models: async (query: unknown) => {
        asked.push(query);
        return { rows: names.map(name => ({ name })), offset: 0, total: 2 };
      }
    } as unknown as ApiClient;
    const updates = addModelCards(
      {
        client,
        changes: { changed } as unknown as ChangeFeed,
        trans: nullTranslator.load('modelop-jupyter')
      },
      launcher
    );
    await jest.runAllTimersAsync();
    const first = [...launcher.models];
    names = ['c', 'b'];
    changed.emit({ topics: ['models'], jobs: [] });
    await jest.runAllTimersAsync();
    updates.dispose();

    expect(first).toEqual(['b', 'a']);
    expect(launcher.models).toEqual(['c', 'b']);
    expect(asked[0]).toEqual({ order: 'recent', limit: 4 });
  });
});
