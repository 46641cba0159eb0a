import { Dialog, showDialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { JobRecord, Remedy } from '../api/types';
import type { IModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

/**
 * Do what mends the failure of a job, and show the job that it starts.
 *
 * A record is opened and a notebook registered with the commands of JupyterLab; the server does the rest.
 * What changes the model is confirmed first.
 */
export async function applyRemedy(
  { client, commands, trans }: IModelOp,
  job: JobRecord,
  remedy: Remedy
): Promise<void> {
  const [verb, model, ...words] = remedy.commands[0];
  if (verb === 'run') {
    const index = Number(words[words.indexOf('--record') + 1].split(':')[1]);
    await commands.execute(CommandIDs.openRecord, { job: job.id, model, index });
    return;
  }
  if (verb === 'register') {
    if (!commands.isEnabled(CommandIDs.register)) {
      const notebook = words.length > 0 ? PathExt.basename(words[0]) : trans.__('of the model');
      throw new Error(trans.__('Open the notebook %1 first', notebook));
    }
    await commands.execute(CommandIDs.register);
    return;
  }
  if (verb !== 'job' && !(await isConfirmed(remedy, trans))) {
    return;
  }
  const started = await client.applyRemedy(job.id, remedy);
  if (started !== null) {
    await commands.execute(CommandIDs.openJob, { job: started.id });
  }
}

/** Return the lines of a remedy as a shell takes them. */
export function commandLines(remedy: Remedy): string[] {
  const quoted = (word: string) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'"'"'`)}'`;
  return remedy.commands.map(words => ['modelop', ...words.map(quoted)].join(' '));
}

async function isConfirmed(remedy: Remedy, trans: TranslationBundle): Promise<boolean> {
  const answer = await showDialog({
    title: `${remedy.text}?`,
    body: (
      <div className="jp-modelop-confirm">
        <p>{trans.__('This changes the model. The same in a terminal:')}</p>
        <pre tabIndex={0}>{commandLines(remedy).join('\n')}</pre>
      </div>
    ),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Change and run') })]
  });
  return answer.button.accept;
}
