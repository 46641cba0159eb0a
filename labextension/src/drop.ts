/** The type under which the file browser offers the paths that are dragged. */
export const FILES = 'application/x-jupyter-icontents';

interface IDrop {
  mimeData?: { hasData(type: string): boolean; getData(type: string): unknown };
}

/** Return the paths of the file browser that a drop brings; none for any other drop. */
export function droppedPaths(event: Event): string[] {
  const data = (event as Event & IDrop).mimeData;
  if (!data?.hasData(FILES)) {
    return [];
  }
  const paths = data.getData(FILES);
  return Array.isArray(paths) ? paths.filter(path => typeof path === 'string') : [];
}
