import * as React from 'react';

/** The MIME type of the paths that the file browser drags. */
const FILE_BROWSER_PATHS = 'application/x-jupyter-icontents';

/** The properties of Lumino's drag events that are used here; the file browser has no HTML drag and drop. */
interface IDragEvent extends Event {
  dropAction: string;
  readonly mimeData?: { hasData(type: string): boolean; getData(type: string): unknown };
  readonly proposedAction: string;
}

/** What is done with dropped files. */
export interface IFileDrop {
  /** Gets the paths of files of the file browser. */
  readonly onPaths: (paths: readonly string[]) => void;
  /** Gets files of the user's own computer; without it these are not accepted. */
  readonly onFiles?: (files: readonly File[]) => void;
}

/**
 * Make an element a drop target for files of the file browser, and of the user's own computer.
 *
 * Returns whether files are dragged over it.
 */
export function useFileDrop(ref: React.RefObject<HTMLElement>, drop: IFileDrop): boolean {
  const [isOver, setOver] = React.useState(false);
  const latest = React.useRef(drop);
  latest.current = drop;
  React.useEffect(() => {
    const node = ref.current!;
    const isOwn = (event: DragEvent) =>
      latest.current.onFiles !== undefined && event.dataTransfer?.types.includes('Files') === true;
    const listeners: [string, (event: never) => void][] = [
      ...['lm-dragenter', 'lm-dragover'].map((type): [string, (event: IDragEvent) => void] => [
        type,
        event => {
          if (event.mimeData?.hasData(FILE_BROWSER_PATHS)) {
            accept(event);
            // The file browser proposes to move or copy the file; either leaves it in place here.
            event.dropAction = event.proposedAction;
            setOver(true);
          }
        }
      ]),
      ...['dragenter', 'dragover'].map((type): [string, (event: DragEvent) => void] => [
        type,
        event => {
          if (isOwn(event)) {
            accept(event);
            setOver(true);
          }
        }
      ]),
      ['lm-dragleave', () => setOver(false)],
      [
        'dragleave',
        (event: DragEvent) => {
          // Not from one of its elements to another.
          if (!node.contains(event.relatedTarget as Node | null)) {
            setOver(false);
          }
        }
      ],
      [
        'lm-drop',
        (event: IDragEvent) => {
          setOver(false);
          const paths = droppedPaths(event);
          if (paths.length > 0) {
            accept(event);
            latest.current.onPaths(paths);
          }
        }
      ],
      [
        'drop',
        (event: DragEvent) => {
          setOver(false);
          if (isOwn(event)) {
            accept(event);
            latest.current.onFiles?.([...event.dataTransfer!.files]);
          }
        }
      ]
    ];
    listeners.forEach(([type, listener]) => node.addEventListener(type, listener as EventListener));
    return () =>
      listeners.forEach(([type, listener]) =>
        node.removeEventListener(type, listener as EventListener)
      );
  }, [ref]);
  return isOver;
}

function accept(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

function droppedPaths({ mimeData }: IDragEvent): string[] {
  const paths = mimeData?.hasData(FILE_BROWSER_PATHS) ? mimeData.getData(FILE_BROWSER_PATHS) : [];
  return Array.isArray(paths) ? paths.filter(path => typeof path === 'string') : [];
}
