import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Example } from '../api/types';
import { launchFormDialog } from './formDialog';

/** Ask which example to open; return its name, null on cancel. */
export async function chooseExample(
  examples: readonly Example[],
  trans: TranslationBundle
): Promise<string | null> {
  let chosen = examples[0].name;
  const body = (
    <div className="jp-modelop-form" role="radiogroup" aria-label={trans.__('Example')}>
      {examples.map(({ name, title, summary }, index) => (
        <label key={name} className="jp-modelop-choice">
          <input
            type="radio"
            name="modelop-example"
            defaultChecked={index === 0}
            onChange={() => {
              chosen = name;
            }}
          />
          <span>
            <strong>{title}</strong>
            <br />
            {summary}
          </span>
        </label>
      ))}
    </div>
  );
  const result = await launchFormDialog(
    new Dialog({
      title: trans.__('Open an example'),
      body,
      focusNodeSelector: 'input:checked',
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Open') })]
    })
  );
  return result.button.accept ? chosen : null;
}
