import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import { useSyncExternalStore } from 'react';
import type { JobFilter, JobKind, Query } from '../../api/types';

type JobsQuery = Query<'list_jobs'>;

/** What became of a job, as the registry knows it. */
export type JobOutcome = NonNullable<JobsQuery['result']>;

/** A column that the server can sort by. */
export type JobColumn = NonNullable<JobsQuery['sort']>;

type RecentPeriod = 'today' | 'week' | 'month';

/** When jobs were submitted: lately, or before a day. */
export type Period = RecentPeriod | 'before';

/** The choices of the user in the list of jobs; an empty one selects all. */
export interface IJobQuery {
  readonly match: string;
  readonly model: string;
  /** A tag that the job's model has. */
  readonly tag: string;
  readonly kind: JobKind | '';
  readonly outcome: JobOutcome | '';
  readonly period: Period | '';
  /** The day of the period `before`, such as 2026-01-31; empty until it is chosen. */
  readonly before: string;
  readonly sort: JobColumn;
  readonly order: NonNullable<JobsQuery['order']>;
}

/** All jobs, the newest first. */
export const ALL_JOBS: IJobQuery = {
  match: '',
  model: '',
  tag: '',
  kind: '',
  outcome: '',
  period: '',
  before: '',
  sort: 'created',
  order: 'descending'
};

/** All outcomes: the compiler finds one that is missing here. */
const OUTCOMES: Record<JobOutcome, true> = {
  running: true,
  succeeded: true,
  finished_with_failed_records: true,
  failed: true,
  cancelled: true,
  verdict_failed: true,
  verdict_not_decided: true
};

/** The outcomes with the words that the server has for them. */
export const OUTCOME_LABELS: readonly [JobOutcome, string][] = (
  Object.keys(OUTCOMES) as JobOutcome[]
).map(outcome => {
  const words = outcome.replace(/_/g, ' ');
  return [outcome, words.charAt(0).toUpperCase() + words.slice(1)];
});

/** How many days before today a period begins. */
const DAYS_BACK: Record<RecentPeriod, number> = { today: 0, week: 6, month: 29 };

// While a year is typed into a date field, it is one of the first centuries.
const WHOLE_DAY = /^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$/;

/** Return the parameters of the request: periods begin and end at midnight where the user is. */
export function parametersOf(query: IJobQuery, now: Date = new Date()): JobsQuery {
  const { match, model, tag, kind, outcome, period, before, sort, order } = query;
  const parameters: JobsQuery = { sort, order };
  if (match.trim() !== '') {
    parameters.match = match.trim();
  }
  if (model !== '') {
    parameters.model = model;
  }
  if (tag !== '') {
    parameters.tag = tag;
  }
  if (kind !== '') {
    parameters.kind = kind;
  }
  if (outcome === 'running') {
    // Also a job whose end was not recorded in the registry yet.
    parameters.state = 'running';
  } else if (outcome !== '') {
    parameters.result = outcome;
  }
  if (period === 'before') {
    if (WHOLE_DAY.test(before)) {
      parameters.before = new Date(`${before}T00:00`).toISOString();
    }
  } else if (period !== '') {
    const start = new Date(now.getFullYear(), now.getMonth(), now.getDate() - DAYS_BACK[period]);
    parameters.since = start.toISOString();
  }
  return parameters;
}

/** Return the filter of a removal of all that the list shows; null where that is all jobs, or those that run. */
export function removalOf(query: IJobQuery): JobFilter | null {
  if (!isFiltered(query) || query.outcome === 'running') {
    return null;
  }
  const { match, model, tag, kind, result, since, before } = parametersOf(query);
  return {
    ...(match === undefined ? {} : { match }),
    ...(model === undefined ? {} : { model }),
    ...(tag === undefined ? {} : { tag }),
    ...(kind === undefined ? {} : { kind }),
    ...(result === undefined || result === 'running' ? {} : { result }),
    ...(since === undefined ? {} : { since }),
    ...(before === undefined ? {} : { before })
  };
}

/** Return whether only some of the jobs are asked for. */
export function isFiltered(query: IJobQuery): boolean {
  // Not the choices themselves: before a day that is not typed yet, and after spaces, are all jobs.
  return Object.keys(parametersOf(query)).some(name => name !== 'sort' && name !== 'order');
}

/** The choices in one open list of jobs, which commands change, too. */
export class JobQueryState {
  constructor(query: Partial<IJobQuery> = {}) {
    this._query = { ...ALL_JOBS, ...query };
  }

  /** Emitted when a choice has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get query(): IJobQuery {
    return this._query;
  }

  set(choices: Partial<IJobQuery>): void {
    this._query = { ...this._query, ...choices };
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _query: IJobQuery;
}

/** Return the present choices, and render again when they change. */
export function useJobQuery(state: JobQueryState): IJobQuery {
  return useSyncExternalStore(
    listener => {
      state.changed.connect(listener);
      return () => state.changed.disconnect(listener);
    },
    () => state.query
  );
}
