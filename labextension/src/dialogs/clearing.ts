import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { bytes } from '../format';
import type { Clearing } from '../types';

const MOST = 12;

/** Show what would be cleared away and ask; true where somebody wants that. */
export async function confirmClearing(
  would: Clearing,
  trans: TranslationBundle,
  { nothing, consequence }: { nothing: string; consequence: string }
): Promise<boolean> {
  if (would.cleared.length === 0) {
    await showDialog({
      title: trans.__('Nothing to clean up'),
      body: nothing,
      buttons: [Dialog.okButton()]
    });
    return false;
  }
  const names = would.cleared
    .slice(0, MOST)
    .map(each => `${each.kind} ${each.name} (${bytes(each.size)})`);
  if (would.cleared.length > MOST) {
    names.push(trans.__('%1 more', would.cleared.length - MOST));
  }
  const stays = would.spared.slice(0, MOST).map(each => `${each.name} (${each.reason})`);
  const removed = trans.__('What is removed: %1.', names.join(', '));
  const answer = await showDialog({
    title: trans.__('Free %1?', bytes(would.freed)),
    body: [removed, stays.length > 0 && trans.__('What stays: %1.', stays.join(', ')), consequence]
      .filter(Boolean)
      .join(' '),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Remove') })]
  });
  return answer.button.accept;
}
