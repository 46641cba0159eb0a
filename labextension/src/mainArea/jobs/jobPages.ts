import * as React from 'react';
import type { JobRecord, JobSummary, Query } from '../../api/types';
import { useServerQueries } from '../../state/queries';

export const PAGE_SIZE = 100;

/** The pages of a list of jobs that are shown now; the rest is on the server. */
export interface IJobPages {
  /** The number of all jobs of the list; null before the first answer. */
  readonly total: number | null;
  /** The loaded jobs by their id. */
  readonly records: ReadonlyMap<string, JobRecord>;
  readonly error: Error | null;
  /** Return a job by its place in the list; undefined where its page is not loaded. */
  readonly at: (index: number) => JobSummary | undefined;
  /** Load the pages of these places in the list. */
  readonly show: (first: number, last: number) => void;
  readonly refetch: () => void;
}

/** Fetch pages of the list of jobs with these parameters, which are JSON. */
export function useJobPages(parameters: string): IJobPages {
  const [shown, setShown] = React.useState({ parameters, first: 0, last: 0 });
  const { first, last } = shown.parameters === parameters ? shown : { first: 0, last: 0 };
  const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const asked = JSON.parse(parameters) as Query<'list_jobs'>;
  const results = useServerQueries(
    numbers.map(number => ({
      key: ['list of jobs', parameters, number],
      // A model may get the tag, or lose it.
      topics: asked.tag === undefined ? ['jobs'] : ['jobs', 'models'],
      fetch: client =>
        client.jobs({
          ...asked,
          offset: number * PAGE_SIZE,
          limit: PAGE_SIZE
        })
    }))
  );
  // While pages are loaded, the list keeps its length: the scroll position, and where the focus is.
  const total = React.useRef<number | null>(null);
  const newest = results.reduce<(typeof results)[number] | null>(
    (latest, result) =>
      result.data && (latest === null || result.dataUpdatedAt >= latest.dataUpdatedAt)
        ? result
        : latest,
    null
  );
  if (newest?.data) {
    total.current = newest.data.total;
  }
  const rows = new Map<number, JobSummary>();
  const records = new Map<string, JobRecord>();
  results.forEach(({ data }, place) =>
    data?.rows.forEach((row, index) => {
      rows.set(numbers[place] * PAGE_SIZE + index, row);
      records.set(row.record.id, row.record);
    })
  );
  return {
    total: total.current,
    records,
    error: results.find(({ error }) => error !== null)?.error ?? null,
    at: index => rows.get(index),
    show: (from, to) => {
      const pages = { first: Math.floor(from / PAGE_SIZE), last: Math.floor(to / PAGE_SIZE) };
      if (pages.first !== first || pages.last !== last) {
        setShown({ parameters, ...pages });
      }
    },
    refetch: () => results.forEach(result => void result.refetch())
  };
}
