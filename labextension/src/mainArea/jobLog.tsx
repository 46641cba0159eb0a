import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ILogFilter } from '../api/client';
import type { JobRecord } from '../api/types';
import { GrowingLog } from '../components/growingLog';
import { useDebouncedValue } from '../dialogs/useDebouncedValue';
import { useModelOp } from '../state/context';

const SEARCH_DELAY = 300;

const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;

/** The log of a job, updated until the job ends, or those of its lines that are asked for. */
export function LogTab({ job }: { job: JobRecord }): JSX.Element {
  const { client, trans } = useModelOp();
  const [text, setText] = React.useState('');
  const [level, setLevel] = React.useState('');
  const [record, setRecord] = React.useState('');
  const wanted = useDebouncedValue(JSON.stringify(filterOf(text, level, record)), SEARCH_DELAY);
  const fetchPart = React.useCallback(
    async (cursor: string | null) => {
      const part = await client.log(job.id, cursor ?? '0-0', JSON.parse(wanted) as ILogFilter);
      return { lines: part.lines, next: part.cursor, isDone: part.is_done };
    },
    [client, job.id, wanted]
  );
  return (
    <>
      <div className="jp-modelop-filters" role="search" aria-label={trans.__('Lines of the log')}>
        <input
          type="search"
          className="jp-modelop-search jp-mod-styled"
          placeholder={trans.__('Find lines, or /regex/')}
          aria-label={trans.__('Find lines of the log')}
          value={text}
          onChange={event => setText(event.target.value)}
        />
        <HTMLSelect
          aria-label={trans.__('Level')}
          value={level}
          onChange={event => setLevel(event.target.value)}
        >
          <option value="">{trans.__('All levels')}</option>
          {LEVELS.map(name => (
            <option key={name} value={name}>
              {trans.__('%1 and above', name)}
            </option>
          ))}
        </HTMLSelect>
        {job.kind === 'batch' && (
          <input
            type="search"
            inputMode="numeric"
            className="jp-modelop-search jp-mod-styled"
            placeholder={trans.__('Index of a record')}
            aria-label={trans.__('Only what the record with this index printed')}
            value={record}
            onChange={event => setRecord(event.target.value.replace(/\D/g, ''))}
          />
        )}
      </div>
      <GrowingLog fetchPart={fetchPart} />
    </>
  );
}

function filterOf(text: string, level: string, record: string): ILogFilter {
  return {
    ...(text.trim() && { grep: text.trim() }),
    ...(level && { level: level as ILogFilter['level'] }),
    ...(record && { record: Number(record) })
  };
}
