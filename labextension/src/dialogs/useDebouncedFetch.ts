import * as React from 'react';

/**
 * Fetch once `dependencies` have not changed for `delay` milliseconds; null fetches nothing.
 *
 * The last data stays while newer data is fetched, and after a fetch that failed. `initialError` stays until
 * a fetch succeeds.
 */
export function useDebouncedFetch<T>(
  fetch: (() => Promise<T>) | null,
  dependencies: React.DependencyList,
  { delay, initialError }: { delay: number; initialError: Error | null }
): { data: T | null; error: Error | null } {
  const [data, setData] = React.useState<T | null>(null);
  const [error, setError] = React.useState(initialError);
  React.useEffect(() => {
    if (fetch === null) {
      setData(null);
      return;
    }
    let isOutdated = false;
    const timer = window.setTimeout(async () => {
      try {
        const next = await fetch();
        if (!isOutdated) {
          setData(next);
          setError(null);
        }
      } catch (reason) {
        if (!isOutdated) {
          setError(reason as Error);
        }
      }
    }, delay);
    return () => {
      isOutdated = true;
      window.clearTimeout(timer);
    };
  }, dependencies);
  return { data, error };
}
