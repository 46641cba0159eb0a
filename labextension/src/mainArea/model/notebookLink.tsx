import { PathExt } from '@jupyterlab/coreutils';
import * as React from 'react';
import { useModelOp } from '../../state/context';

/** A link that opens a notebook of the file browser. */
export function NotebookLink({ path }: { path: string }): JSX.Element {
  const { commands } = useModelOp();
  return (
    <button
      type="button"
      className="jp-modelop-link"
      title={path}
      onClick={() => void commands.execute('docmanager:open', { path })}
    >
      {PathExt.basename(path)}
    </button>
  );
}
