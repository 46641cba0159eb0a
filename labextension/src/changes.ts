import type { Event } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** Milliseconds between two looks at a server that does not answer. */
const LONGEST = 10 * 1000;

/** What can change under whoever looks at it. */
export const TOPICS = ['models', 'jobs', 'environments', 'kernels'] as const;

export type Topic = (typeof TOPICS)[number];

/** What has changed; `jobs` are those that have, where that is known. */
export interface IChange {
  readonly topics: readonly Topic[];
  readonly jobs: readonly string[];
}

/** Return what says whether a change may be about a job. */
export function about(job: string): (change: IChange) => boolean {
  return ({ jobs }) => jobs.length === 0 || jobs.includes(job);
}

/** How often each topic was seen to change in one run of the server. */
export interface ICounts extends Readonly<Record<Topic, number>> {
  readonly session: string;
}

/** The event of our server extension. */
export const SCHEMA_ID = 'https://modelop.com/modelop-jupyter/change/v1';

/**
 * Tells that something has changed, whoever did it: a magic, the command line, another tab.
 *
 * Jupyter's events say it at once. The counts are asked for besides, as an events socket may be
 * blocked by a proxy; asking also tells the server that somebody is there to be told.
 */
export class Changes implements IDisposable {
  constructor({ counts, events = null, interval = 2000 }: Changes.IOptions) {
    this._counts = counts;
    this._events = events;
    this._events?.stream.connect(this._onEvent, this);
    this._poll = new Poll({
      auto: true,
      factory: () => this._look(),
      frequency: { interval, backoff: true, max: LONGEST },
      name: 'modelop-jupyter:changes',
      standby: 'when-hidden'
    });
  }

  /** Emitted when something has changed. */
  get changed(): ISignal<this, IChange> {
    return this._changed;
  }

  /** Emitted when the server goes away (false) and when it is back (true). */
  get connectionChanged(): ISignal<this, boolean> {
    return this._connectionChanged;
  }

  /** Whether the server answered when it was last asked. */
  get isConnected(): boolean {
    return this._isConnected;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  /** Milliseconds between two looks, while all goes well. */
  set interval(value: number) {
    const max = Math.max(LONGEST, value);
    this._poll.frequency = { ...this._poll.frequency, interval: value, max };
  }

  /** Look now, for whoever has just changed something. */
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
    if (event.schema_id !== SCHEMA_ID) {
      return;
    }
    const topic = event['topic'] as Topic;
    const count = event['count'] as number;
    if (this._last && this._last[topic] < count) {
      this._last = { ...this._last, [topic]: count };
    }
    this._changed.emit({ topics: [topic], jobs: (event['ids'] as string[]) ?? [] });
  }

  private async _look(): Promise<void> {
    let counts: ICounts;
    try {
      counts = await this._counts();
    } catch (error) {
      this._setConnected(false);
      throw error;
    }
    const last = this._last;
    this._last = counts;
    const isBack = this._setConnected(true);
    // What another run of the server counted says nothing: everything may have changed.
    const isOther = isBack || (last !== null && last.session !== counts.session);
    const topics = TOPICS.filter(topic => isOther || (last && last[topic] !== counts[topic]));
    if (topics.length > 0) {
      this._changed.emit({ topics, jobs: [] });
    }
  }

  /** Note whether the server is there; returns true when it was away before. */
  private _setConnected(value: boolean): boolean {
    const isNew = this._isConnected !== value;
    this._isConnected = value;
    if (isNew) {
      this._connectionChanged.emit(value);
    }
    return isNew && value;
  }

  private _changed = new Signal<this, IChange>(this);
  private _connectionChanged = new Signal<this, boolean>(this);
  private _counts: () => Promise<ICounts>;
  private _events: Event.IManager | null;
  private _isConnected = true;
  private _last: ICounts | null = null;
  private _poll: Poll;
}

export namespace Changes {
  export interface IOptions {
    /** Asks the server for its counts. */
    counts: () => Promise<ICounts>;
    /** Jupyter's events; null where a host has none. */
    events?: Event.IManager | null;
    /** Milliseconds between two looks. */
    interval?: number;
  }
}
