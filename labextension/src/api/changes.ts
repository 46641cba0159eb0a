import type { Event } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** The longest interval between two polls of a server that does not answer, in milliseconds. */
const MAX_BACKOFF = 10 * 1000;

/** The parts of the server's data that can change. */
export const TOPICS = ['models', 'jobs', 'environments', 'kernels', 'deployments'] as const;

export type Topic = (typeof TOPICS)[number];

/** A change of the server's data. */
export interface IChange {
  readonly topics: readonly Topic[];
  /** The ids of the jobs that have changed; empty where they are not known. */
  readonly jobs: readonly string[];
}

/** The number of changes of each topic since the server was started. */
export interface IChangeCounts extends Readonly<Record<Topic, number>> {
  /** The id of this run of the server. */
  readonly session: string;
}

/** The schema id of the server extension's events. */
export const EVENT_SCHEMA_ID = 'https://modelop.com/modelop-jupyter/change/v1';

/**
 * A signal of changes of the server's data, whether by a magic, the command line or another browser tab.
 *
 * Jupyter's events report them at once. The server is also polled, because proxies may block the WebSocket
 * of the events, and because the server watches for changes only while a client polls it.
 */
export class ChangeFeed implements IDisposable {
  constructor({ fetchCounts, events = null, interval = 2000 }: ChangeFeed.IOptions) {
    this._fetchCounts = fetchCounts;
    this._events = events;
    this._events?.stream.connect(this._onEvent, this);
    this._poll = new Poll({
      auto: true,
      factory: () => this._compareCounts(),
      frequency: { interval, backoff: true, max: MAX_BACKOFF },
      name: 'modelop-jupyter:changes',
      standby: 'when-hidden'
    });
  }

  /** Emitted when the server's data has changed. */
  get changed(): ISignal<this, IChange> {
    return this._changed;
  }

  /** Emitted with false when the server stops answering, and with true when it answers again. */
  get connectionChanged(): ISignal<this, boolean> {
    return this._connectionChanged;
  }

  /** Whether the server answered the last poll. */
  get isConnected(): boolean {
    return this._isConnected;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  /** The polling interval in milliseconds, while the server answers. */
  set interval(value: number) {
    const max = Math.max(MAX_BACKOFF, value);
    this._poll.frequency = { ...this._poll.frequency, interval: value, max };
  }

  /** Whether the server is polled while the page is hidden, too; its events arrive in any case. */
  set pollsWhenHidden(value: boolean) {
    this._poll.standby = value ? 'never' : 'when-hidden';
  }

  /** Poll now; for callers that have just changed something. */
  async refresh(): Promise<void> {
    await this._poll.refresh();
    await this._poll.tick;
  }

  dispose(): void {
    this._events?.stream.disconnect(this._onEvent, this);
    this._poll.dispose();
    Signal.clearData(this);
  }

  private _onEvent(_: unknown, event: Event.Emission): void {
    if (event.schema_id !== EVENT_SCHEMA_ID) {
      return;
    }
    const topic = event['topic'] as Topic;
    const count = event['count'] as number;
    // The next poll must not report the same change again.
    if (this._counts && this._counts[topic] < count) {
      this._counts = { ...this._counts, [topic]: count };
    }
    this._changed.emit({ topics: [topic], jobs: (event['ids'] as string[]) ?? [] });
  }

  private async _compareCounts(): Promise<void> {
    let counts: IChangeCounts;
    try {
      counts = await this._fetchCounts();
    } catch (error) {
      this._setConnected(false);
      throw error;
    }
    const previous = this._counts;
    this._counts = counts;
    const isReconnected = this._setConnected(true);
    // Counts of two runs of the server cannot be compared, and what was fetched before the first counts may
    // have changed before them: everything may have changed.
    const isUnknown = isReconnected || previous?.session !== counts.session;
    const topics = TOPICS.filter(topic => isUnknown || previous[topic] !== counts[topic]);
    if (topics.length > 0) {
      this._changed.emit({ topics, jobs: [] });
    }
  }

  /** Set `isConnected`; return true on reconnection. */
  private _setConnected(value: boolean): boolean {
    const isChanged = this._isConnected !== value;
    this._isConnected = value;
    if (isChanged) {
      this._connectionChanged.emit(value);
    }
    return isChanged && value;
  }

  private _changed = new Signal<this, IChange>(this);
  private _connectionChanged = new Signal<this, boolean>(this);
  private _counts: IChangeCounts | null = null;
  private _events: Event.IManager | null;
  private _fetchCounts: () => Promise<IChangeCounts>;
  private _isConnected = true;
  private _poll: Poll;
}

export namespace ChangeFeed {
  export interface IOptions {
    /** Fetches the server's change counts. */
    fetchCounts: () => Promise<IChangeCounts>;
    /** Jupyter's event stream; null in applications without one. */
    events?: Event.IManager | null;
    /** The polling interval in milliseconds. */
    interval?: number;
  }
}
