import type { Dialog } from '@jupyterlab/apputils';

const ACCEPT_BUTTONS = '.jp-Dialog-footer button.jp-mod-accept';
const FOCUSABLE = 'input, select, textarea, button, summary, pre[tabindex]';

/** Show a dialog with a `.jp-modelop-form`, and return its result. */
export async function launchFormDialog<T>(dialog: Dialog<T>): Promise<Dialog.IResult<T>> {
  dialog.addClass('jp-modelop-dialog');
  const onKeyDown = (event: KeyboardEvent) => handleKey(event, dialog.node);
  document.addEventListener('keydown', onKeyDown, true);
  try {
    return await dialog.launch();
  } finally {
    document.removeEventListener('keydown', onKeyDown, true);
  }
}

/**
 * Ask until the answer has been carried out, and return what that gave; null if nothing is to be done.
 *
 * After a failure `ask` gets the answer of before and the error: the dialog is shown again with both.
 */
export async function askUntilDone<A, R>(
  ask: (before: A | null, error: Error | null) => Promise<A | null>,
  carryOut: (answer: A) => Promise<R>
): Promise<R | null> {
  let answer: A | null = null;
  let error: Error | null = null;
  for (;;) {
    answer = await ask(answer, error);
    if (answer === null) {
      return null;
    }
    try {
      return await carryOut(answer);
    } catch (reason) {
      error = reason as Error;
    }
  }
}

/**
 * Disable the buttons that accept a dialog, with a reason as their tooltip; null enables them.
 *
 * JupyterLab enables them on each input event, unless the dialog has an element with the class
 * `jp-mod-error`: the form must show one while they are disabled.
 */
export function disableAccept(dialog: HTMLElement, reason: string | null): void {
  for (const button of dialog.querySelectorAll<HTMLButtonElement>(ACCEPT_BUTTONS)) {
    button.disabled = reason !== null;
    button.title = reason ?? '';
  }
  if (reason === null) {
    // JupyterLab must check again after the form is rendered without the error.
    window.setTimeout(() =>
      dialog.querySelector('.jp-modelop-form')?.dispatchEvent(new Event('input', { bubbles: true }))
    );
  }
}

/** Handle the keys that JupyterLab's dialogs handle only for forms that do not change after launch. */
function handleKey(event: KeyboardEvent, dialog: HTMLElement): void {
  const target = event.target as Element;
  const form = dialog.querySelector('.jp-modelop-form');
  const buttons = dialog.querySelectorAll('.jp-Dialog-footer button');
  const isDisabled = dialog.querySelector(`${ACCEPT_BUTTONS}:disabled`) !== null;
  const first = target.getAttribute('data-modelop-enter');
  if (event.key === 'Enter' && first !== null) {
    // In the filter of a list Enter picks the first entry that is left.
    event.stopPropagation();
    event.preventDefault();
    target.parentElement?.querySelector<HTMLElement>(first)?.click();
  } else if (event.key === 'Enter' && target.matches('textarea') && form?.contains(target)) {
    // A new line, also before JupyterLab 4.6.
    event.stopPropagation();
  } else if (event.key === 'Enter' && isDisabled && !target.matches('button, summary, textarea')) {
    // JupyterLab would accept the dialog, though the default button is disabled.
    event.stopPropagation();
    event.preventDefault();
  } else if (event.key === 'Enter' && form?.contains(target) && target.matches('button, summary')) {
    // Before JupyterLab 4.6 Enter accepts the dialog whatever element has the focus.
    event.stopPropagation();
  } else if (event.key === 'Tab' && !event.shiftKey && target === buttons[buttons.length - 1]) {
    // JupyterLab would focus what was the first element when the dialog was launched.
    event.stopPropagation();
    event.preventDefault();
    form?.querySelector<HTMLElement>(FOCUSABLE)?.focus();
  }
}
