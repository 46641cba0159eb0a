import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { useSyncExternalStore } from 'react';

/** The sections of a model's page, in the order of their tabs. */
export const SECTIONS = [
  'overview',
  'check',
  'source',
  'assets',
  'environment',
  'snapshots',
  'lineage',
  'jobs',
  'metrics',
  'deployment',
  'kernels'
] as const;

export type Section = (typeof SECTIONS)[number];

/** Which section of a model's page is shown; the layout of the workspace keeps it. */
export class ShownSection {
  constructor(section: unknown) {
    this.show(section);
  }

  /** Emitted when another section is shown. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get current(): Section {
    return this._current;
  }

  /** Show a section; nothing happens for a name that no section has. */
  show(section: unknown): void {
    const known = SECTIONS.find(name => name === section);
    if (known !== undefined && known !== this._current) {
      this._current = known;
      this._changed.emit();
    }
  }

  /** The two states that the section of snapshots compares at first; null for what is usual. */
  get compared(): { readonly before: string; readonly after: string } | null {
    return this._compared;
  }

  /** Show what differs between two states. */
  compare(before: string, after: string): void {
    this._compared = { before, after };
    this.show('snapshots');
  }

  private _changed = new Signal<this, void>(this);
  private _compared: { readonly before: string; readonly after: string } | null = null;
  private _current: Section = 'overview';
}

/** Return the section that is shown, also after it has changed. */
export function useShownSection(shown: ShownSection): Section {
  return useSyncExternalStore(
    listener => {
      shown.changed.connect(listener);
      return () => shown.changed.disconnect(listener);
    },
    () => shown.current
  );
}
