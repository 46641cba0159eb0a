import type { Event } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { IChange, ICounts } from '../changes';
import { Changes, SCHEMA_ID } from '../changes';

const NONE: ICounts = { session: 'one', models: 0, jobs: 0, environments: 0, kernels: 0 };

class Events {
  readonly stream = new Signal<this, Event.Emission>(this);
}

function watched(changes: Changes): IChange[] {
  const seen: IChange[] = [];
  changes.changed.connect((_, change) => void seen.push(change));
  return seen;
}

describe('Changes', () => {
  let counts: ICounts | Error;
  let events: Events;
  let changes: Changes;

  beforeEach(async () => {
    counts = NONE;
    events = new Events();
    changes = new Changes({
      counts: async () => {
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

  it('tells which topics were counted on', async () => {
    const seen = watched(changes);
    counts = { ...NONE, jobs: 1, models: 3 };
    await changes.refresh();

    expect(seen).toEqual([{ topics: ['models', 'jobs'], jobs: [] }]);
  });

  it('can be told to look seldom', () => {
    const frequent = new Changes({ counts: async () => NONE, interval: 2000 });

    expect(() => {
      frequent.interval = 600_000;
    }).not.toThrow();
    frequent.dispose();
  });

  it('says nothing when nothing was counted on', async () => {
    const seen = watched(changes);
    await changes.refresh();

    expect(seen).toEqual([]);
  });

  it('passes on an event of our server', () => {
    const seen = watched(changes);
    events.stream.emit({ schema_id: SCHEMA_ID, topic: 'jobs', count: 1, ids: ['3f2a'] });

    expect(seen).toEqual([{ topics: ['jobs'], jobs: ['3f2a'] }]);
  });

  it('does not tell again what an event has told', async () => {
    const seen = watched(changes);
    events.stream.emit({ schema_id: SCHEMA_ID, topic: 'jobs', count: 1, ids: [] });
    counts = { ...NONE, jobs: 1 };
    await changes.refresh();

    expect(seen).toHaveLength(1);
  });

  it('leaves the events of others alone', () => {
    const seen = watched(changes);
    events.stream.emit({ schema_id: 'https://example.org/other', topic: 'jobs', count: 1 });

    expect(seen).toEqual([]);
  });

  it('takes everything for changed after another start of the server', async () => {
    const seen = watched(changes);
    counts = { ...NONE, session: 'two' };
    await changes.refresh();

    expect(seen[0].topics).toEqual(['models', 'jobs', 'environments', 'kernels']);
  });

  it('says that the server is away, and that it is back', async () => {
    const said: boolean[] = [];
    changes.connectionChanged.connect((_, value) => void said.push(value));
    counts = new Error('away');
    await changes.refresh().catch(() => undefined);
    counts = NONE;
    await changes.refresh();

    expect(said).toEqual([false, true]);
  });
});
