import type { Dialog } from '@jupyterlab/apputils';

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

/** Do with two keys what JupyterLab's dialogs do only for forms that are there from the start. */
function onKey(event: KeyboardEvent, dialog: HTMLElement): void {
  const target = event.target as Element;
  const form = dialog.querySelector('.jp-modelop-form');
  const buttons = dialog.querySelectorAll('.jp-Dialog-footer button');
  if (event.key === 'Enter' && form?.contains(target) && target.matches('button, summary')) {
    // Before JupyterLab 4.6 it was the default button's, whatever had the focus.
    event.stopPropagation();
  } else if (event.key === 'Tab' && !event.shiftKey && target === buttons[buttons.length - 1]) {
    // The way round leads to what was the first when the form was empty yet.
    event.stopPropagation();
    event.preventDefault();
    form?.querySelector<HTMLElement>(FOCUSABLE)?.focus();
  }
}
