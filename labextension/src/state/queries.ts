import type { DefaultError, Query, UseQueryResult } from '@tanstack/react-query';
import { QueryCache, QueryClient, useMutation, useQueries, useQuery } from '@tanstack/react-query';
import type { ChangeFeed, IChange, Topic } from '../api/changes';
import type { ApiClient } from '../api/client';
import type {
  ChallengeView,
  CheckView,
  EngineChoices,
  EngineState,
  ExampleList,
  IPage,
  KernelLists,
  ModelDetail,
  RoleLabel,
  Snapshot
} from '../api/types';
import { useModelOp } from './context';

/** The changes that make the result of a query out of date. */
interface IQueryMeta extends Record<string, unknown> {
  readonly topics: readonly Topic[];
  /** A job's id: changes that are known to be of other jobs are ignored. */
  readonly job?: string;
}

/**
 * Return a query client that fetches again when the server's data changes.
 *
 * A change during a fetch causes one more fetch after it, however many changes there are. `invalidateQueries`
 * would cancel the fetch, and would never show a result while changes come faster than responses.
 */
export function createQueryClient(changes: Pick<ChangeFeed, 'changed'>): QueryClient {
  const outdated = new WeakSet<object>();
  const refetch = (query: { fetch(): Promise<unknown> }): void => {
    // Components show the error.
    query.fetch().catch(() => undefined);
  };
  const queryCache = new QueryCache({
    onSettled: (_data, _error, query) => {
      if (outdated.delete(query) && query.isActive()) {
        refetch(query);
      }
    }
  });
  changes.changed.connect((_, change) => {
    const predicate = ({ meta }: Query): boolean => concerns(meta as IQueryMeta, change);
    for (const query of queryCache.findAll({ type: 'active', predicate })) {
      if (query.state.fetchStatus === 'fetching') {
        outdated.add(query);
      } else {
        refetch(query);
      }
    }
  });
  return new QueryClient({
    queryCache,
    defaultOptions: {
      queries: {
        gcTime: 0,
        // A server on this machine can be reached while the browser is offline.
        networkMode: 'always',
        // The change feed reports all changes, also those during a lost connection.
        refetchOnReconnect: false,
        refetchOnWindowFocus: false,
        retry: false
      },
      mutations: { networkMode: 'always' }
    }
  });
}

/** A query of the server, and the changes after which it is fetched again. */
export interface IServerQuery<T> extends IQueryMeta {
  /** Identifies the query: equal keys share one result. */
  readonly key: readonly unknown[];
  readonly fetch: (client: ApiClient) => Promise<T>;
  /** Return the milliseconds after which data is fetched again, for progress that no change reports. */
  readonly interval?: (data: T | undefined) => number | false;
  /** Whether it is fetched now; where it is not, the last data stays. */
  readonly isEnabled?: boolean;
}

/**
 * Fetch from the server, and again after each change that concerns the query.
 *
 * The last data stays while newer data is fetched, and after a fetch that failed.
 */
export function useServerQuery<T>(query: IServerQuery<T>): UseQueryResult<T, DefaultError> {
  const { client, queries } = useModelOp();
  const { key, topics, job, fetch, interval, isEnabled } = query;
  return useQuery(
    {
      queryKey: key,
      queryFn: () => fetch(client),
      enabled: isEnabled,
      meta: { topics, job },
      refetchInterval: interval ? ({ state }) => interval(state.data as T | undefined) : false
    },
    queries
  );
}

/** Fetch several things, as `useServerQuery` does one. */
export function useServerQueries<T>(
  all: readonly IServerQuery<T>[]
): UseQueryResult<T, DefaultError>[] {
  const { client, queries } = useModelOp();
  return useQueries(
    {
      queries: all.map(({ key, topics, job, fetch }) => ({
        queryKey: key,
        queryFn: () => fetch(client),
        meta: { topics, job }
      }))
    },
    queries
  );
}

/** Fetch a model. */
export function useModel(name: string): UseQueryResult<ModelDetail, DefaultError> {
  return useServerQuery({
    key: ['model', name],
    topics: ['models', 'environments'],
    fetch: client => client.model(name)
  });
}

/** How often the progress of a check or challenge is fetched, in milliseconds. */
const CHECK_INTERVAL = 500;

/** Fetch how far the check of a model is, and its last report. */
export function useCheck(name: string): UseQueryResult<CheckView, DefaultError> {
  return useServerQuery({
    key: ['check', name],
    topics: ['models'],
    fetch: client => client.check(name),
    interval: view => (view?.run?.is_running ? CHECK_INTERVAL : false)
  });
}

/** Fetch how far the challenge of a model's snapshots is, and the last result. */
export function useChallenge(name: string): UseQueryResult<ChallengeView, DefaultError> {
  return useServerQuery({
    key: ['challenge', name],
    topics: [],
    fetch: client => client.challenge(name),
    interval: view => (view?.run?.is_running ? CHECK_INTERVAL : false)
  });
}

/** Fetch the newest snapshots of a model. */
export function useSnapshots(name: string): UseQueryResult<IPage<Snapshot>, DefaultError> {
  return useServerQuery({
    key: ['snapshots', name],
    topics: ['models'],
    fetch: client => client.snapshots(name, { limit: 100 })
  });
}

/** Fetch the isolated kernels that run, and those in the launcher. */
export function useKernels(): UseQueryResult<KernelLists, DefaultError> {
  return useServerQuery({
    key: ['kernels'],
    topics: ['kernels', 'models'],
    fetch: client => client.kernels()
  });
}

/** Fetch the engines that jobs can run on. */
export function useEngines(): UseQueryResult<EngineChoices, DefaultError> {
  return useServerQuery({ key: ['engines'], topics: [], fetch: client => client.engines() });
}

/** Fetch the names of the databases that queries can be asked of. */
export function useConnections(): UseQueryResult<readonly string[], DefaultError> {
  return useServerQuery({
    key: ['connections'],
    topics: [],
    fetch: client => client.connections()
  });
}

/** Fetch what an engine's cluster has now, which takes seconds. */
export function useEngineState(engine: string): UseQueryResult<EngineState, DefaultError> {
  return useServerQuery({
    key: ['engine', engine],
    topics: [],
    fetch: client => client.engineState(engine)
  });
}

/** Fetch the asset roles, once: a server's roles do not change. */
export function useRoles(): UseQueryResult<readonly RoleLabel[], DefaultError> {
  return useConstant('roles', client => client.roles());
}

/** Fetch the example notebooks, once: they come with the server's package. */
export function useExamples(): UseQueryResult<ExampleList, DefaultError> {
  return useConstant('examples', client => client.examples());
}

/** Fetch what does not change while the server runs. */
function useConstant<T>(
  key: string,
  fetch: (client: ApiClient) => Promise<T>
): UseQueryResult<T, DefaultError> {
  const { client, queries } = useModelOp();
  return useQuery(
    {
      queryKey: [key],
      queryFn: () => fetch(client),
      meta: { topics: [] },
      gcTime: Infinity,
      staleTime: Infinity
    },
    queries
  );
}

/** The user's actions in a view: functions that change the server's data. */
export interface IAction {
  /** Run an action, then poll for what it has changed. */
  readonly run: (action: () => Promise<unknown>) => void;
  /** Why the last action failed, else null. */
  readonly error: Error | null;
  readonly isRunning: boolean;
}

/** Run actions, and keep the error of the last one until the next. */
export function useAction(): IAction {
  const { changes, queries } = useModelOp();
  const { mutate, error, isPending } = useMutation(
    {
      mutationFn: (action: () => Promise<unknown>) => action(),
      onSettled: () => void changes.refresh()
    },
    queries
  );
  return { run: mutate, error, isRunning: isPending };
}

function concerns({ topics, job }: IQueryMeta, change: IChange): boolean {
  if (!topics.some(topic => change.topics.includes(topic))) {
    return false;
  }
  return job === undefined || change.jobs.length === 0 || change.jobs.includes(job);
}
