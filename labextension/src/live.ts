import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Changes, IChange, Topic } from './changes';

/**
 * An answer of the server that is asked for again whenever its topics change.
 *
 * The last good answer stays while a new one is awaited and after one that failed, so that a list
 * does not flicker. Answers that were overtaken are dropped.
 */
export class Live<T> implements IDisposable {
  constructor({ ask, changes, topics, isMeant }: Live.IOptions<T>) {
    this._ask = ask;
    this._changes = changes;
    this._topics = topics;
    this._isMeant = isMeant ?? (() => true);
    changes.changed.connect(this._onChange, this);
  }

  /** Emitted when `value`, `error` or `isLoading` is another. */
  get stateChanged(): ISignal<this, void> {
    return this._stateChanged;
  }

  /** The last good answer. */
  get value(): T | undefined {
    return this._value;
  }

  /** Why the last question has no answer, else null. */
  get error(): Error | null {
    return this._error;
  }

  /** Whether an answer is awaited. */
  get isLoading(): boolean {
    return this._asking > 0;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Ask now. */
  async refresh(): Promise<void> {
    if (this._isDisposed) {
      return;
    }
    const turn = ++this._turn;
    this._asking++;
    this._stateChanged.emit();
    try {
      const value = await this._ask();
      if (turn > this._answered) {
        this._answered = turn;
        this._value = value;
        this._error = null;
      }
    } catch (error) {
      if (turn > this._answered) {
        this._answered = turn;
        this._error = error instanceof Error ? error : new Error(String(error));
      }
    } finally {
      this._asking--;
      if (!this._isDisposed) {
        this._stateChanged.emit();
        if (this._isStale && this._asking === 0) {
          this._isStale = false;
          void this.refresh();
        }
      }
    }
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._changes.changed.disconnect(this._onChange, this);
      Signal.clearData(this);
    }
  }

  private _onChange(_: Changes, change: IChange): void {
    if (!change.topics.some(topic => this._topics.includes(topic)) || !this._isMeant(change)) {
      return;
    }
    if (this._asking > 0) {
      // One more question after the present one is enough, however much changes meanwhile.
      this._isStale = true;
    } else {
      void this.refresh();
    }
  }

  private _answered = 0;
  private _ask: () => Promise<T>;
  private _asking = 0;
  private _changes: Changes;
  private _error: Error | null = null;
  private _isDisposed = false;
  private _isMeant: (change: IChange) => boolean;
  private _isStale = false;
  private _stateChanged = new Signal<this, void>(this);
  private _topics: readonly Topic[];
  private _turn = 0;
  private _value: T | undefined;
}

export namespace Live {
  export interface IOptions<T> {
    /** Asks the server. */
    ask: () => Promise<T>;
    changes: Changes;
    /** What the answer depends on. */
    topics: readonly Topic[];
    /** Whether a change of a topic is about this answer; by default each is. */
    isMeant?: (change: IChange) => boolean;
  }
}
