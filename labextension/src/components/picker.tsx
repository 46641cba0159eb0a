import { fileIcon, folderIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { useModelOp } from '../context';
import { Problem } from './parts';

/** A file or folder as the file browser knows it. */
export interface IEntry {
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
}

/** Lists a folder of the server. */
export type ListFolder = (path: string) => Promise<readonly IEntry[]>;

/**
 * Chooses a file inside a dialog.
 *
 * JupyterLab shows one dialog after the other, so that its own file dialog would wait for ours.
 */
export function FilePicker(props: {
  list: ListFolder;
  start: string;
  onPick: (path: string) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { list } = props;
  const [folder, setFolder] = React.useState(props.start);
  const [entries, setEntries] = React.useState<readonly IEntry[]>([]);
  const [error, setError] = React.useState<Error | null>(null);
  React.useEffect(() => {
    let isGone = false;
    list(folder).then(
      found => {
        if (!isGone) {
          setEntries(found);
          setError(null);
        }
      },
      reason => {
        if (!isGone) {
          setError(reason as Error);
        }
      }
    );
    return () => {
      isGone = true;
    };
  }, [list, folder]);
  const files = React.useRef<HTMLUListElement>(null);
  React.useEffect(() => {
    files.current?.querySelector('button')?.focus();
  }, [entries]);
  const above = folder.split('/').slice(0, -1).join('/');
  return (
    <div className="jp-modelop-picker">
      <div className="jp-modelop-row jp-modelop-muted">
        <span>/{folder}</span>
        {folder !== '' && (
          <button type="button" className="jp-modelop-link" onClick={() => setFolder(above)}>
            {trans.__('one up')}
          </button>
        )}
      </div>
      {error && <Problem error={error} />}
      <ul ref={files} className="jp-modelop-list" aria-label={trans.__('Files')}>
        {entries.map(entry => {
          const icon = entry.isFolder ? folderIcon : fileIcon;
          return (
            <li key={entry.path}>
              <button
                type="button"
                className="jp-modelop-entry"
                onClick={() => (entry.isFolder ? setFolder(entry.path) : props.onPick(entry.path))}
              >
                <icon.react tag="span" elementPosition="center" />
                {entry.name}
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
