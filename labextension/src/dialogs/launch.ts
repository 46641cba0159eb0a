import type { Dialog } from '@jupyterlab/apputils';

const ACCEPTING = '.jp-Dialog-footer button.jp-mod-accept';
const FOCUSABLE = 'input, select, button, summary, pre[tabindex]';

/** Show a dialog of ours and return its answer. */
export async function launched<T>(dialog: Dialog<T>): Promise<Dialog.IResult<T>> {
  dialog.addClass('jp-modelop-dialog');
  const keydown = (event: KeyboardEvent) => onKey(event, dialog.node);
  document.addEventListener('keydown', keydown, true);
  try {
    return await dialog.launch();
  } finally {
    document.removeEventListener('keydown', keydown, true);
  }
}

/**
 * Turn the buttons off that accept a dialog, and say what they wait for; null turns them on.
 *
 * JupyterLab turns them on with whatever is typed, unless it finds a `jp-mod-error`: while they
 * wait, the form has one.
 */
export function setWaiting(dialog: HTMLElement, reason: string | null): void {
  for (const button of dialog.querySelectorAll<HTMLButtonElement>(ACCEPTING)) {
    button.disabled = reason !== null;
    button.title = reason ?? '';
  }
  if (reason === null) {
    // Have it look again when the form is drawn without one.
    window.setTimeout(() =>
      dialog.querySelector('.jp-modelop-form')?.dispatchEvent(new Event('input', { bubbles: true }))
    );
  }
}

/** Do with two keys what JupyterLab's dialogs do only for forms that are there from the start. */
function onKey(event: KeyboardEvent, dialog: HTMLElement): void {
  const target = event.target as Element;
  const form = dialog.querySelector('.jp-modelop-form');
  const buttons = dialog.querySelectorAll('.jp-Dialog-footer button');
  const isWaiting = dialog.querySelector(`${ACCEPTING}:disabled`) !== null;
  if (event.key === 'Enter' && isWaiting && !target.matches('button, summary, textarea')) {
    // It would be the default button's, which is off.
    event.stopPropagation();
    event.preventDefault();
  } else if (event.key === 'Enter' && form?.contains(target) && target.matches('button, summary')) {
    // Before JupyterLab 4.6 it was the default button's, whatever had the focus.
    event.stopPropagation();
  } else if (event.key === 'Tab' && !event.shiftKey && target === buttons[buttons.length - 1]) {
    // The way round leads to what was the first when the form was empty yet.
    event.stopPropagation();
    event.preventDefault();
    form?.querySelector<HTMLElement>(FOCUSABLE)?.focus();
  }
}
