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
  context: IModelOp,
  job: JobRecord,
  remedy: Remedy
): Promise<void> {
  const { client, commands, trans } = context;
  const [verb, model, ...words] = remedy.commands[0];
  if (verb === 'run') {
    const index = Number(words[words.indexOf('--record') + 1].split(':')[1]);
    await commands.execute(CommandIDs.openRecord, { job: job.id, model, index });
    return;
  }
  if (verb === 'register') {
    await register(context, words);
    return;
  }
  if (verb !== 'job' && !(await isConfirmed(remedy, trans.__('Change and run'), trans))) {
    return;
  }
  const started = await client.applyRemedy(job.id, remedy);
  if (started !== null) {
    await commands.execute(CommandIDs.openJob, { job: started.id });
  }
}

/**
 * Do what mends a finding of the last check of a model.
 *
 * What changes the model is confirmed first.
 */
export async function applyFindingRemedy(
  context: IModelOp,
  model: string,
  remedy: Remedy
): Promise<void> {
  const { client, trans } = context;
  const [verb, , ...words] = remedy.commands[0];
  if (verb === 'register') {
    await register(context, words);
  } else if (await isConfirmed(remedy, trans.__('Change'), trans)) {
    await client.applyFindingRemedy(model, remedy);
  }
}

async function register(
  { commands, trans }: IModelOp,
  [notebook]: readonly string[]
): Promise<void> {
  if (!commands.isEnabled(CommandIDs.register)) {
    const name = notebook ? PathExt.basename(notebook) : trans.__('of the model');
    throw new Error(trans.__('Open the notebook %1 first', name));
  }
  await commands.execute(CommandIDs.register);
}

/** Return the lines of a remedy as a shell takes them. */
export function commandLines(remedy: Remedy): string[] {
  const quoted = (word: string) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'"'"'`)}'`;
  return remedy.commands.map(words => ['modelop', ...words.map(quoted)].join(' '));
}

async function isConfirmed(
  remedy: Remedy,
  label: string,
  trans: TranslationBundle
): Promise<boolean> {
  const answer = await showDialog({
    title: `${remedy.text}?`,
    body: (
      <div className="jp-modelop-confirm">
        <p>{trans.__('This changes the model. The same in a terminal:')}</p>
        <pre tabIndex={0}>{commandLines(remedy).join('\n')}</pre>
      </div>
    ),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label })]
  });
  return answer.button.accept;
}
