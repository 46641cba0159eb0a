import { fileIcon, folderIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { bytes } from '../components/format';
import { ErrorMessage } from '../components/primitives';
import { useModelOp } from '../state/context';
import { isDataFile } from './dataFiles';

/** A file or folder of the server; the path is the one of the file browser. */
export interface IFileEntry {
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
  /** In bytes; null where the server does not tell. */
  readonly size?: number | null;
}

/** Lists a folder of the server. */
export type ListFolder = (path: string) => Promise<readonly IFileEntry[]>;

/**
 * A file list inside a dialog: files with data first, then folders, then all others.
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
  const [filter, setFilter] = React.useState('');
  const [entries, setEntries] = React.useState<readonly IFileEntry[] | null>(null);
  const [error, setError] = React.useState<Error | null>(null);
  const field = React.useRef<HTMLInputElement>(null);
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
  const enter = (path: string) => {
    setFilter('');
    setFolder(path);
    field.current?.focus();
  };
  const parent = folder.split('/').slice(0, -1).join('/');
  const found = [...(entries ?? [])]
    .filter(({ name }) => name.toLowerCase().includes(filter.trim().toLowerCase()))
    .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
  return (
    <div className="jp-modelop-picker">
      <div className="jp-modelop-muted jp-modelop-name" title={`/${folder}`}>
        /{folder}
      </div>
      <input
        ref={field}
        type="search"
        className="jp-modelop-search jp-mod-styled"
        data-modelop-enter=".jp-modelop-entry:not(.jp-modelop-mod-parent)"
        aria-label={trans.__('Filter files')}
        placeholder={trans.__('Filter files')}
        autoFocus={true}
        value={filter}
        onChange={event => setFilter(event.target.value)}
      />
      {error && <ErrorMessage error={error} />}
      <ul className="jp-modelop-list" aria-label={trans.__('Files')}>
        {folder !== '' && filter === '' && (
          <li>
            <button
              type="button"
              className="jp-modelop-entry jp-modelop-mod-parent"
              onClick={() => enter(parent)}
            >
              <folderIcon.react tag="span" elementPosition="center" />
              {trans.__('Parent folder')}
            </button>
          </li>
        )}
        {found.map(entry => (
          <li key={entry.path}>
            <FileEntry
              entry={entry}
              onClick={() => (entry.isFolder ? enter(entry.path) : props.onPick(entry.path))}
            />
          </li>
        ))}
      </ul>
      {entries !== null && found.length === 0 && (
        <p className="jp-modelop-muted" role="status">
          {filter ? trans.__('No file matches %1.', filter) : trans.__('The folder is empty.')}
        </p>
      )}
    </div>
  );
}

function FileEntry(props: { entry: IFileEntry; onClick: () => void }): JSX.Element {
  const { trans } = useModelOp();
  const { name, isFolder, size } = props.entry;
  const icon = isFolder ? folderIcon : fileIcon;
  return (
    <button
      type="button"
      className={`jp-modelop-entry ${rank(props.entry) > 1 ? 'jp-modelop-mod-other' : ''}`}
      aria-label={isFolder ? trans.__('Folder %1', name) : name}
      onClick={props.onClick}
    >
      <icon.react tag="span" elementPosition="center" />
      <span className="jp-modelop-name" title={name}>
        {name}
      </span>
      {typeof size === 'number' && <span className="jp-modelop-entrySize">{bytes(size)}</span>}
    </button>
  );
}

/** Return the place of a file or folder: data, folders, other files. */
function rank({ name, isFolder }: IFileEntry): number {
  return isFolder ? 1 : isDataFile(name) ? 0 : 2;
}
