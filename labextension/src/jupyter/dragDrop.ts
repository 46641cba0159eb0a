import * as React from 'react';

/** The MIME type of the paths that the file browser drags. */
const FILE_BROWSER_PATHS = 'application/x-jupyter-icontents';

/** The properties of Lumino's drag events that are used here; the file browser has no HTML drag and drop. */
interface IDragEvent extends Event {
  dropAction: string;
  readonly mimeData?: { hasData(type: string): boolean; getData(type: string): unknown };
  readonly proposedAction: string;
}

/**
 * Make an element a drop target for files of the file browser.
 *
 * Returns whether files are dragged over it. `onDrop` gets the paths of the dropped files.
 */
export function useFileDrop(
  ref: React.RefObject<HTMLElement>,
  onDrop: (paths: readonly string[]) => void
): boolean {
  const [isOver, setOver] = React.useState(false);
  const callback = React.useRef(onDrop);
  callback.current = onDrop;
  React.useEffect(() => {
    const node = ref.current!;
    const over = (event: IDragEvent) => {
      if (event.mimeData?.hasData(FILE_BROWSER_PATHS)) {
        accept(event);
        // The file browser proposes to move or copy the file; either leaves it in place here.
        event.dropAction = event.proposedAction;
        setOver(true);
      }
    };
    const leave = () => setOver(false);
    const drop = (event: IDragEvent) => {
      setOver(false);
      const paths = droppedPaths(event);
      if (paths.length > 0) {
        accept(event);
        callback.current(paths);
      }
    };
    const listeners = Object.entries({
      'lm-dragenter': over,
      'lm-dragover': over,
      'lm-dragleave': leave,
      'lm-drop': drop
    }) as [string, EventListener][];
    listeners.forEach(([type, listener]) => node.addEventListener(type, listener));
    return () => listeners.forEach(([type, listener]) => node.removeEventListener(type, listener));
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
