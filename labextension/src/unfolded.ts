import type { IStateDB } from '@jupyterlab/statedb';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Client } from './client';

/** Under what name the state database of a workspace keeps it. */
const KEY = 'modelop-jupyter:unfolded';

/** What is open of a model that was just unfolded. */
const FIRST: readonly string[] = ['assets'];

/** Which models are unfolded, and which parts of them; a reload of the page leaves them so. */
export class Unfolded {
  /** Emitted when something is unfolded or folded. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Return the parts of a model that are open, null for one that is folded. */
  parts(model: string): readonly string[] | null {
    return this._open.get(model) ?? null;
  }

  /** Unfold a model, or fold it. */
  toggle(model: string): void {
    if (!this._open.delete(model)) {
      this._open.set(model, FIRST);
    }
    this._note();
  }

  /** Open a part of a model that is unfolded, or close it. */
  togglePart(model: string, part: string): void {
    const parts = this._open.get(model) ?? [];
    const others = parts.filter(each => each !== part);
    this._open.set(model, others.length < parts.length ? others : [...parts, part]);
    this._note();
  }

  /** Be as the workspace was left, except for models that are gone, and keep it there from now on. */
  async follow(state: IStateDB, client: Pick<Client, 'models'>): Promise<void> {
    const kept = (await state.fetch(KEY)) as Record<string, string[]> | undefined;
    // What was unfolded meanwhile is newer.
    this._open = new Map([...Object.entries(kept ?? {}), ...this._open]);
    this._state = state;
    this._note();
    const names = Object.keys(kept ?? {});
    const gone = await Promise.all(names.map(name => isGone(name, client)));
    if (gone.includes(true)) {
      names.filter((_, index) => gone[index]).forEach(name => this._open.delete(name));
      this._note();
    }
  }

  private _note(): void {
    this._changed.emit();
    void this._state?.save(KEY, Object.fromEntries(this._open) as Record<string, string[]>);
  }

  private _changed = new Signal<this, void>(this);
  private _open = new Map<string, readonly string[]>();
  private _state: IStateDB | null = null;
}

/** Say whether the server knows no such model; where it is away, or has too many like it, nobody can tell. */
async function isGone(model: string, client: Pick<Client, 'models'>): Promise<boolean> {
  try {
    // Asking for the model itself would leave an error in the browser's console.
    const { rows, total } = await client.models({ match: model, limit: 1000 });
    return rows.length === total && rows.every(({ name }) => name !== model);
  } catch {
    return false;
  }
}
