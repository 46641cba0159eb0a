import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { JobDraft } from '../api/types';

/** The user's settings of the sidebar; the defaults in applications without settings. */
export class Preferences {
  /** Emitted when a setting has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether a notification is shown when a job ends. */
  get notifiesJobEnds(): boolean {
    return this._notifiesJobEnds;
  }

  /** Whether the browser shows a notification when a job ends while JupyterLab is not in front. */
  get notifiesByBrowser(): boolean {
    return this._notifiesByBrowser;
  }

  /** Store whether the browser shows notifications; for now only, in applications without settings. */
  async setNotifiesByBrowser(value: boolean): Promise<void> {
    this._notifiesByBrowser = value;
    this._changed.emit();
    await this._settings?.set('browserNotifications', value);
  }

  /** The polling interval in milliseconds. */
  get interval(): number {
    return this._interval;
  }

  /** The initial number of workers of a new batch; undefined for one. */
  get workers(): JobDraft['workers'] {
    return this._workers;
  }

  /** Take the values from JupyterLab's settings, now and whenever these change. */
  follow(settings: ISettingRegistry.ISettings): void {
    this._settings = settings;
    const read = () => {
      this._notifiesByBrowser = settings.get('browserNotifications').composite as boolean;
      this._notifiesJobEnds = settings.get('announceEnds').composite as boolean;
      this._interval = 1000 * (settings.get('pollingInterval').composite as number);
      const workers = settings.get('workers').composite as number | 'auto';
      this._workers = workers === 1 ? undefined : workers;
      this._changed.emit();
    };
    settings.changed.connect(read);
    read();
  }

  private _changed = new Signal<this, void>(this);
  private _interval = 2000;
  private _notifiesByBrowser = false;
  private _notifiesJobEnds = true;
  private _settings: ISettingRegistry.ISettings | null = null;
  private _workers: JobDraft['workers'] = undefined;
}
