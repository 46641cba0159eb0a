import type { Event } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { IChange, IChangeCounts } from '../../api/changes';
import { ChangeFeed, EVENT_SCHEMA_ID } from '../../api/changes';

const NO_CHANGES: IChangeCounts = {
  session: 'one',
  models: 0,
  jobs: 0,
  environments: 0,
  kernels: 0,
  deployments: 0
};

class Events {
  readonly stream = new Signal<this, Event.Emission>(this);
}

/** Return a list to which each later change is added. */
function emitted(changes: ChangeFeed): IChange[] {
  const list: IChange[] = [];
  changes.changed.connect((_, change) => void list.push(change));
  return list;
}

describe('ChangeFeed', () => {
  let counts: IChangeCounts | Error;
  let events: Events;
  let changes: ChangeFeed;

  beforeEach(async () => {
    counts = NO_CHANGES;
    events = new Events();
    changes = new ChangeFeed({
      fetchCounts: async () => {
        if (counts instanceof Error) {
          throw counts;
        }
        return counts;
      },
      events: events as unknown as Event.IManager,
      interval: 1_000_000
    });
    await changes.refresh();
  });

  afterEach(() => changes.dispose());

  it('emits the topics whose counts have changed', async () => {
    const list = emitted(changes);
    counts = { ...NO_CHANGES, jobs: 1, models: 3 };
    await changes.refresh();

    expect(list).toEqual([{ topics: ['models', 'jobs'], jobs: [] }]);
  });

  it('accepts a polling interval longer than the longest backoff', () => {
    const frequent = new ChangeFeed({ fetchCounts: async () => NO_CHANGES, interval: 2000 });

    expect(() => {
      frequent.interval = 600_000;
    }).not.toThrow();
    frequent.dispose();
  });

  it('emits all topics once after the first poll, as a view may have fetched before it', async () => {
    const first = new ChangeFeed({ fetchCounts: async () => NO_CHANGES, interval: 1_000_000 });
    const list = emitted(first);
    await first.refresh();
    await first.refresh();
    first.dispose();

    expect(list).toEqual([
      { topics: ['models', 'jobs', 'environments', 'kernels', 'deployments'], jobs: [] }
    ]);
  });

  it('emits nothing when no count has changed', async () => {
    const list = emitted(changes);
    await changes.refresh();

    expect(list).toEqual([]);
  });

  it('emits the events of the server extension', () => {
    const list = emitted(changes);
    events.stream.emit({ schema_id: EVENT_SCHEMA_ID, topic: 'jobs', count: 1, ids: ['3f2a'] });

    expect(list).toEqual([{ topics: ['jobs'], jobs: ['3f2a'] }]);
  });

  it('does not emit the change of an event again after the next poll', async () => {
    const list = emitted(changes);
    events.stream.emit({ schema_id: EVENT_SCHEMA_ID, topic: 'jobs', count: 1, ids: [] });
    counts = { ...NO_CHANGES, jobs: 1 };
    await changes.refresh();

    expect(list).toHaveLength(1);
  });

  it('ignores the events of others', () => {
    const list = emitted(changes);
    events.stream.emit({ schema_id: 'https://example.org/other', topic: 'jobs', count: 1 });

    expect(list).toEqual([]);
  });

  it('emits all topics after a restart of the server', async () => {
    const list = emitted(changes);
    counts = { ...NO_CHANGES, session: 'two' };
    await changes.refresh();

    expect(list[0].topics).toEqual(['models', 'jobs', 'environments', 'kernels', 'deployments']);
  });

  it('emits when the server stops answering, and when it answers again', async () => {
    const connections: boolean[] = [];
    changes.connectionChanged.connect((_, isConnected) => void connections.push(isConnected));
    counts = new Error('away');
    await changes.refresh().catch(() => undefined);
    counts = NO_CHANGES;
    await changes.refresh();

    expect(connections).toEqual([false, true]);
  });
});
