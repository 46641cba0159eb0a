import { StateDB } from '@jupyterlab/statedb';
import type { Client } from '../client';
import type { ModelLine } from '../types';
import { Unfolded } from '../unfolded';

/** A server that has these models. */
function server(...names: string[]): Pick<Client, 'models'> {
  return {
    models: async ({ match } = {}) => {
      const rows = names.filter(name => name.includes(match ?? '')).map(name => ({ name }));
      return { rows: rows as ModelLine[], offset: 0, total: rows.length };
    }
  };
}

const BOTH = server('churn', 'fraud', 'churn-2');

describe('Unfolded', () => {
  let state: StateDB;

  /** What a page shows that is loaded in the same workspace. */
  async function loaded(client = BOTH): Promise<Unfolded> {
    const unfolded = new Unfolded();
    await unfolded.follow(state, client);
    return unfolded;
  }

  beforeEach(async () => {
    state = new StateDB();
    const unfolded = await loaded();
    unfolded.toggle('churn');
    unfolded.togglePart('churn', 'environment');
    unfolded.toggle('fraud');
    unfolded.togglePart('fraud', 'assets');
  });

  it('opens the assets first', () => {
    const unfolded = new Unfolded();
    unfolded.toggle('new');

    expect(unfolded.parts('new')).toEqual(['assets']);
  });

  it('is after a reload as it was', async () => {
    const unfolded = await loaded();

    expect(unfolded.parts('churn')).toEqual(['assets', 'environment']);
    expect(unfolded.parts('fraud')).toEqual([]);
    expect(unfolded.parts('other')).toBeNull();
  });

  it('forgets what was folded', async () => {
    (await loaded()).toggle('churn');

    expect((await loaded()).parts('churn')).toBeNull();
  });

  it('forgets models that are gone', async () => {
    await loaded(server('fraud', 'churn-2'));
    const unfolded = await loaded();

    expect(unfolded.parts('churn')).toBeNull();
    expect(unfolded.parts('fraud')).toEqual([]);
  });

  it('forgets nothing while the server is away', async () => {
    await loaded({ models: () => Promise.reject(new Error('away')) });

    expect((await loaded()).parts('churn')).toEqual(['assets', 'environment']);
  });

  it('keeps what was unfolded before the workspace had answered', async () => {
    const early = new Unfolded();
    const following = early.follow(state, BOTH);
    early.toggle('fraud');
    await following;
    const unfolded = await loaded();

    expect(unfolded.parts('fraud')).toEqual(['assets']);
    expect(unfolded.parts('churn')).toEqual(['assets', 'environment']);
  });
});
