import * as React from 'react';
import type { JobRecord } from '../api/types';
import { ErrorMessage } from '../components/primitives';
import { useModelOp } from '../state/context';

/** The interval of polls of a running job's log, in milliseconds; five times as long after an error. */
const POLL_INTERVAL = 700;

/** The log of a job, updated until the job ends. */
export function LogTab({ job }: { job: JobRecord }): JSX.Element {
  const { client, trans } = useModelOp();
  const [lines, setLines] = React.useState<readonly string[]>([]);
  const [error, setError] = React.useState<Error | null>(null);
  const node = React.useRef<HTMLPreElement>(null);
  const isAtEnd = React.useRef(true);
  React.useEffect(() => {
    let isUnmounted = false;
    let timer = 0;
    let cursor = '0-0';
    const poll = async () => {
      try {
        const part = await client.log(job.id, cursor);
        if (isUnmounted) {
          return;
        }
        cursor = part.cursor;
        setError(null);
        if (part.lines.length > 0) {
          setLines(previous => [...previous, ...part.lines]);
        }
        if (!part.is_done) {
          timer = window.setTimeout(poll, part.lines.length > 0 ? 0 : POLL_INTERVAL);
        }
      } catch (reason) {
        if (!isUnmounted) {
          setError(reason as Error);
          timer = window.setTimeout(poll, 5 * POLL_INTERVAL);
        }
      }
    };
    setLines([]);
    void poll();
    return () => {
      isUnmounted = true;
      window.clearTimeout(timer);
    };
  }, [client, job.id]);
  React.useLayoutEffect(() => {
    if (node.current && isAtEnd.current) {
      node.current.scrollTop = node.current.scrollHeight;
    }
  }, [lines]);
  return (
    <>
      {error && <ErrorMessage error={error} />}
      <pre
        ref={node}
        className="jp-modelop-log"
        role="log"
        tabIndex={0}
        aria-label={trans.__('Log')}
        onScroll={event => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          isAtEnd.current = scrollTop + clientHeight >= scrollHeight - 4;
        }}
      >
        {lines.join('\n')}
      </pre>
    </>
  );
}
