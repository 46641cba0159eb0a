import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CleanupReport } from '../api/types';
import { bytes } from '../components/format';

/** How many names of each kind the dialog lists. */
const MAX_NAMES = 12;

/**
 * Show the report of a dry run, and ask whether to remove what it lists.
 *
 * `nothing` is shown where there is nothing to remove, `consequence` after the lists.
 */
export async function confirmCleanup(
  report: CleanupReport,
  trans: TranslationBundle,
  { nothing, consequence }: { nothing: string; consequence: string }
): Promise<boolean> {
  if (report.cleared.length === 0) {
    await showDialog({
      title: trans.__('Nothing to clean up'),
      body: nothing,
      buttons: [Dialog.okButton()]
    });
    return false;
  }
  const removed = report.cleared
    .slice(0, MAX_NAMES)
    .map(({ kind, name, size }) => `${kind} ${name} (${bytes(size)})`);
  if (report.cleared.length > MAX_NAMES) {
    removed.push(trans.__('%1 more', report.cleared.length - MAX_NAMES));
  }
  const kept = report.spared.slice(0, MAX_NAMES).map(({ name, reason }) => `${name} (${reason})`);
  const sentences = [
    trans.__('To be removed: %1.', removed.join(', ')),
    kept.length > 0 && trans.__('To be kept: %1.', kept.join(', ')),
    consequence
  ];
  const answer = await showDialog({
    title: trans.__('Free %1?', bytes(report.freed)),
    body: sentences.filter(Boolean).join(' '),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Remove') })]
  });
  return answer.button.accept;
}
