import type { IStateDB } from '@jupyterlab/statedb';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { ApiClient } from '../api/client';

/** The key in the workspace's state database; users' workspaces hold it. */
const KEY = 'modelop-jupyter:unfolded';

/** The parts that are expanded with a model for the first time. */
const INITIAL_PARTS: readonly string[] = ['assets'];

/** Which models, and which of their parts, are expanded in the sidebar; kept across page reloads. */
export class ExpansionState {
  /** Emitted when a model or part is expanded or collapsed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Return the ids of a model's expanded parts, null for a collapsed model. */
  expandedParts(model: string): readonly string[] | null {
    return this._expanded.get(model) ?? null;
  }

  /** Expand or collapse a model. */
  toggle(model: string): void {
    if (!this._expanded.delete(model)) {
      this._expanded.set(model, INITIAL_PARTS);
    }
    this._save();
  }

  /** Expand a model with one of its parts. */
  expandPart(model: string, part: string): void {
    const parts = this._expanded.get(model) ?? [];
    this._expanded.set(model, parts.includes(part) ? parts : [...parts, part]);
    this._save();
  }

  /** Expand or collapse a part of an expanded model. */
  togglePart(model: string, part: string): void {
    const parts = this._expanded.get(model) ?? [];
    this._expanded.set(
      model,
      parts.includes(part) ? parts.filter(other => other !== part) : [...parts, part]
    );
    this._save();
  }

  /** Restore the state of the workspace, without models that no longer exist, and save it from now on. */
  async restore(state: IStateDB, client: Pick<ApiClient, 'models'>): Promise<void> {
    const saved = (await state.fetch(KEY)) as Record<string, string[]> | undefined;
    // What the user has expanded in the meantime is newer.
    this._expanded = new Map([...Object.entries(saved ?? {}), ...this._expanded]);
    this._state = state;
    this._save();
    const names = Object.keys(saved ?? {});
    const isRemoved = await Promise.all(names.map(name => isUnknown(name, client)));
    if (isRemoved.includes(true)) {
      names.filter((_, index) => isRemoved[index]).forEach(name => this._expanded.delete(name));
      this._save();
    }
  }

  private _save(): void {
    this._changed.emit();
    void this._state?.save(KEY, Object.fromEntries(this._expanded) as Record<string, string[]>);
  }

  private _changed = new Signal<this, void>(this);
  private _expanded = new Map<string, readonly string[]>();
  private _state: IStateDB | null = null;
}

/** Return whether the server has no such model; false where the server does not answer. */
async function isUnknown(model: string, client: Pick<ApiClient, 'models'>): Promise<boolean> {
  try {
    // A request for the model itself would log a 404 in the browser's console.
    const { rows, total } = await client.models({ match: model, limit: 1000 });
    return rows.length === total && rows.every(({ name }) => name !== model);
  } catch {
    return false;
  }
}
