import type { ILauncher } from '@jupyterlab/launcher';
import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import type { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

/** How many models have a card. */
const MAX_CARDS = 4;
/** While jobs run, changes come several times in a second; in milliseconds. */
const DELAY = 1000;

/**
 * Give the models that were used last a card each in the launcher, now and after each change.
 *
 * Disposing of the result ends the updates.
 */
export function addModelCards(
  { client, changes, trans }: Pick<IModelOp, 'client' | 'changes' | 'trans'>,
  launcher: ILauncher
): IDisposable {
  let shown: readonly string[] = [];
  let cards: readonly IDisposable[] = [];
  const update = async (): Promise<void> => {
    const { rows } = await client.models({ order: 'recent', limit: MAX_CARDS });
    const names = rows.map(({ name }) => name);
    if (names.join('\n') === shown.join('\n')) {
      return;
    }
    cards.forEach(card => card.dispose());
    shown = names;
    cards = names.map((model, rank) =>
      launcher.add({
        command: CommandIDs.openModel,
        args: { model, isCard: true },
        category: trans.__('ModelOp'),
        rank
      })
    );
  };
  // Where the server does not answer, the sidebar says so; its next change causes another update.
  const later = new Debouncer(() => update().catch(() => undefined), DELAY);
  changes.changed.connect((_, { topics }) => {
    if (topics.includes('models') || topics.includes('jobs')) {
      void later.invoke();
    }
  });
  void later.invoke();
  return later;
}
