import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { JobDraft } from './types';

/** What a person has set under Settings, ModelOp; the defaults where a host has no settings. */
export class Preferences {
  /** Emitted when any of them is another. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether the end of a job is announced. */
  get announcesEnds(): boolean {
    return this._announcesEnds;
  }

  /** Milliseconds between two looks at the server. */
  get interval(): number {
    return this._interval;
  }

  /** What the form of a new batch begins with; undefined is one worker. */
  get workers(): JobDraft['workers'] {
    return this._workers;
  }

  /** Be what these settings say, now and whenever they change. */
  follow(settings: ISettingRegistry.ISettings): void {
    const read = () => {
      this._announcesEnds = settings.get('announceEnds').composite as boolean;
      this._interval = 1000 * (settings.get('pollingInterval').composite as number);
      const workers = settings.get('workers').composite as number | 'auto';
      this._workers = workers === 1 ? undefined : workers;
      this._changed.emit();
    };
    settings.changed.connect(read);
    read();
  }

  private _announcesEnds = true;
  private _changed = new Signal<this, void>(this);
  private _interval = 2000;
  private _workers: JobDraft['workers'] = undefined;
}
