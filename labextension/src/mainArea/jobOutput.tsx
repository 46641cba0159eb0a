import { Notification } from '@jupyterlab/apputils';
import * as React from 'react';
import type { JobDetail } from '../api/types';
import { TextButton } from '../components/primitives';
import { isDone } from '../components/status';
import { useCommandEnabled, useModelOp } from '../state/context';
import { CommandIDs } from '../tokens';

/** Where the output of a job is, and what can be done with it; nothing before there is one. */
export function JobOutput({ detail }: { detail: JobDetail }): JSX.Element | null {
  const { client, commands, trans } = useModelOp();
  const { record: job, output: shown } = detail;
  const canInsert = useCommandEnabled(CommandIDs.loadOutput);
  const path = job.output;
  if (!isDone(job) || path === null) {
    return null;
  }
  // JupyterLab opens only what its file browser shows; elsewhere a file is an absolute path or an address.
  const inBrowser = shown !== null && shown !== path ? shown : null;
  const openReason =
    inBrowser !== null
      ? undefined
      : shown === null
        ? trans.__('The output is kept with the job: download it to have a file')
        : trans.__('The output is outside the folder that the file browser shows');
  const copy = async () => {
    await navigator.clipboard.writeText(path);
    Notification.success(trans.__('Copied %1', path), { autoClose: 3000 });
  };
  return (
    <div className="jp-modelop-output">
      <span className="jp-modelop-outputName" title={path}>
        {trans.__('Output: %1', shown ?? trans.__('kept with the job'))}
      </span>
      <div className="jp-modelop-actions" role="toolbar" aria-label={trans.__('Output')}>
        <TextButton
          label={trans.__('Open')}
          reason={openReason}
          onClick={() => void commands.execute('docmanager:open', { path: inBrowser })}
        />
        <a
          className="jp-modelop-button jp-mod-styled jp-mod-reject"
          href={client.outputUrl(job.id)}
          download=""
        >
          {trans.__('Download')}
        </a>
        <TextButton
          label={trans.__('Copy path')}
          title={path}
          onClick={() =>
            void copy().catch(() =>
              Notification.error(trans.__('The path cannot be copied: %1', path))
            )
          }
        />
        {job.kind === 'batch' && (
          <TextButton
            label={trans.__('Load as DataFrame')}
            title={trans.__('Insert a cell that loads the output into the open notebook')}
            reason={canInsert ? undefined : trans.__('Open a notebook first')}
            onClick={() => void commands.execute(CommandIDs.loadOutput, { job: job.id })}
          />
        )}
      </div>
    </div>
  );
}
