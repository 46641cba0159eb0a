import { fileIcon, folderIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { ErrorMessage } from '../components/primitives';
import { useModelOp } from '../state/context';

/** A file or folder of the server; the path is the one of the file browser. */
export interface IFileEntry {
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
}

/** Lists a folder of the server. */
export type ListFolder = (path: string) => Promise<readonly IFileEntry[]>;

/**
 * A file list inside a dialog.
 *
 * JupyterLab's own file dialog cannot be used there: it would open after this dialog is closed.
 */
export function FilePicker(props: {
  list: ListFolder;
  initialFolder: string;
  onPick: (path: string) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { list } = props;
  const [folder, setFolder] = React.useState(props.initialFolder);
  const [entries, setEntries] = React.useState<readonly IFileEntry[]>([]);
  const [error, setError] = React.useState<Error | null>(null);
  React.useEffect(() => {
    let isOutdated = false;
    list(folder).then(
      listed => {
        if (!isOutdated) {
          setEntries(listed);
          setError(null);
        }
      },
      reason => {
        if (!isOutdated) {
          setError(reason as Error);
        }
      }
    );
    return () => {
      isOutdated = true;
    };
  }, [list, folder]);
  const files = React.useRef<HTMLUListElement>(null);
  React.useEffect(() => {
    files.current?.querySelector('button')?.focus();
  }, [entries]);
  const parent = folder.split('/').slice(0, -1).join('/');
  return (
    <div className="jp-modelop-picker">
      <div className="jp-modelop-row jp-modelop-muted">
        <span>/{folder}</span>
        {folder !== '' && (
          <button type="button" className="jp-modelop-link" onClick={() => setFolder(parent)}>
            {trans.__('parent folder')}
          </button>
        )}
      </div>
      {error && <ErrorMessage error={error} />}
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
