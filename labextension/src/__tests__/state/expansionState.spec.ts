import { StateDB } from '@jupyterlab/statedb';
import type { ApiClient } from '../../api/client';
import type { ModelSummary } from '../../api/types';
import { ExpansionState } from '../../state/expansionState';

/** Return a client of a server that has these models. */
function clientOf(...names: string[]): Pick<ApiClient, 'models'> {
  return {
    models: async ({ match } = {}) => {
      const rows = names.filter(name => name.includes(match ?? '')).map(name => ({ name }));
      return { rows: rows as ModelSummary[], offset: 0, total: rows.length };
    }
  };
}

const CLIENT = clientOf('churn', 'fraud', 'churn-2');

describe('ExpansionState', () => {
  let state: StateDB;

  /** Return the expansion state of a page that is loaded in the same workspace. */
  async function reloaded(client = CLIENT): Promise<ExpansionState> {
    const expansionState = new ExpansionState();
    await expansionState.restore(state, client);
    return expansionState;
  }

  beforeEach(async () => {
    state = new StateDB();
    const expansionState = await reloaded();
    expansionState.toggle('churn');
    expansionState.togglePart('churn', 'environment');
    expansionState.toggle('fraud');
    expansionState.togglePart('fraud', 'assets');
  });

  it('expands the assets with a model', () => {
    const expansionState = new ExpansionState();
    expansionState.toggle('new');

    expect(expansionState.expandedParts('new')).toEqual(['assets']);
  });

  it('is restored after a reload', async () => {
    const expansionState = await reloaded();

    expect(expansionState.expandedParts('churn')).toEqual(['assets', 'environment']);
    expect(expansionState.expandedParts('fraud')).toEqual([]);
    expect(expansionState.expandedParts('other')).toBeNull();
  });

  it('is restored from the state of earlier versions', async () => {
    state = new StateDB();
    await state.save('modelop-jupyter:unfolded', { churn: ['functions'] });

    expect((await reloaded()).expandedParts('churn')).toEqual(['functions']);
  });

  it('keeps a collapsed model collapsed', async () => {
    (await reloaded()).toggle('churn');

    expect((await reloaded()).expandedParts('churn')).toBeNull();
  });

  it('expands a part with its model, and keeps the others', async () => {
    const expansionState = await reloaded();
    expansionState.expandPart('churn', 'snapshots');
    expansionState.expandPart('churn', 'assets');
    expansionState.expandPart('churn-2', 'environment');

    expect((await reloaded()).expandedParts('churn')).toEqual([
      'assets',
      'environment',
      'snapshots'
    ]);
    expect((await reloaded()).expandedParts('churn-2')).toEqual(['environment']);
  });

  it('forgets removed models', async () => {
    await reloaded(clientOf('fraud', 'churn-2'));
    const expansionState = await reloaded();

    expect(expansionState.expandedParts('churn')).toBeNull();
    expect(expansionState.expandedParts('fraud')).toEqual([]);
  });

  it('forgets no model while the server does not answer', async () => {
    await reloaded({ models: () => Promise.reject(new Error('away')) });

    expect((await reloaded()).expandedParts('churn')).toEqual(['assets', 'environment']);
  });

  it('keeps what was expanded before the state database answered', async () => {
    const early = new ExpansionState();
    const restored = early.restore(state, CLIENT);
    early.toggle('fraud');
    await restored;
    const expansionState = await reloaded();

    expect(expansionState.expandedParts('fraud')).toEqual(['assets']);
    expect(expansionState.expandedParts('churn')).toEqual(['assets', 'environment']);
  });
});
