/** The type under which the file browser offers the paths that are dragged. */
export const FILES = 'application/x-jupyter-icontents';

/** What Lumino adds to the events of its drag and drop. */
export interface IDrag {
  dropAction: string;
  readonly mimeData?: { hasData(type: string): boolean; getData(type: string): unknown };
  readonly proposedAction: string;
}

/** Return the paths of the file browser that a drop brings; none for any other drop. */
export function droppedPaths(event: Event): string[] {
  const data = (event as Event & IDrag).mimeData;
  if (!data?.hasData(FILES)) {
    return [];
  }
  const paths = data.getData(FILES);
  return Array.isArray(paths) ? paths.filter(path => typeof path === 'string') : [];
}
