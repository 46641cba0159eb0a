import type { DefaultError, Query, UseQueryResult } from '@tanstack/react-query';
import { QueryCache, QueryClient, useMutation, useQuery } from '@tanstack/react-query';
import type { ChangeFeed, IChange, Topic } from '../api/changes';
import type { ApiClient } from '../api/client';
import type {
  EngineChoices,
  EngineState,
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
}

/**
 * Fetch from the server, and again after each change that concerns the query.
 *
 * The last data stays while newer data is fetched, and after a fetch that failed.
 */
export function useServerQuery<T>(query: IServerQuery<T>): UseQueryResult<T, DefaultError> {
  const { client, queries } = useModelOp();
  const { key, topics, job, fetch } = query;
  return useQuery({ queryKey: key, queryFn: () => fetch(client), meta: { topics, job } }, queries);
}

/** Fetch a model. */
export function useModel(name: string): UseQueryResult<ModelDetail, DefaultError> {
  return useServerQuery({
    key: ['model', name],
    topics: ['models', 'environments'],
    fetch: client => client.model(name)
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
  const { client, queries } = useModelOp();
  return useQuery(
    {
      queryKey: ['roles'],
      queryFn: () => client.roles(),
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
