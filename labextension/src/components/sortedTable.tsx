import { caretDownIcon, caretUpIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

/** The column that records are sorted by, and whether the largest value comes first. */
export interface ISort {
  readonly column: string;
  readonly isDescending: boolean;
}

/** The header of a column: the first click sorts by it, the second reverses, the third ends that. */
export function ColumnHeader(props: {
  column: string;
  sort: ISort | null;
  onSort: (sort: ISort | null) => void;
}): JSX.Element {
  const { column, sort, onSort } = props;
  const isSorted = sort?.column === column;
  const next = !isSorted
    ? { column, isDescending: false }
    : sort.isDescending
      ? null
      : { column, isDescending: true };
  const caret = isSorted && sort.isDescending ? caretDownIcon : caretUpIcon;
  return (
    <th scope="col" aria-sort={!isSorted ? 'none' : sort.isDescending ? 'descending' : 'ascending'}>
      <button type="button" className="jp-modelop-sort" onClick={() => onSort(next)}>
        {column}
        {isSorted && <caret.react tag="span" elementPosition="center" />}
      </button>
    </th>
  );
}

/** The column of records that are not objects. */
export const VALUE_COLUMN = 'value';

/** Return the text of a record's cell; empty where the record has no such column. */
export function cellText(row: unknown, column: string): string {
  const value = isObject(row) ? row[column] : column === VALUE_COLUMN ? row : undefined;
  if (value === undefined) {
    return '';
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Say whether a record is an object, with columns. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
