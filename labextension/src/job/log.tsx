import * as React from 'react';
import { Problem } from '../components/parts';
import { useModelOp } from '../context';
import type { JobRecord } from '../types';

const WAIT = 700;

/** A job's log, followed to its end. */
export function LogTab({ job }: { job: JobRecord }): JSX.Element {
  const { client, trans } = useModelOp();
  const [lines, setLines] = React.useState<readonly string[]>([]);
  const [error, setError] = React.useState<Error | null>(null);
  const node = React.useRef<HTMLPreElement>(null);
  const isAtEnd = React.useRef(true);
  React.useEffect(() => {
    let isGone = false;
    let timer = 0;
    let cursor = '0-0';
    const look = async () => {
      try {
        const part = await client.log(job.id, cursor);
        if (isGone) {
          return;
        }
        cursor = part.cursor;
        setError(null);
        if (part.lines.length > 0) {
          setLines(before => [...before, ...part.lines]);
        }
        if (!part.is_done) {
          timer = window.setTimeout(look, part.lines.length > 0 ? 0 : WAIT);
        }
      } catch (reason) {
        if (!isGone) {
          setError(reason as Error);
          timer = window.setTimeout(look, 5 * WAIT);
        }
      }
    };
    setLines([]);
    void look();
    return () => {
      isGone = true;
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
      {error && <Problem error={error} />}
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
