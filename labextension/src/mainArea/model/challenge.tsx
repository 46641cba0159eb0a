import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ChallengeResult, ChallengeRun, RecordChange } from '../../api/types';
import { ago, count, duration, moment } from '../../components/format';
import { Badge, EmptyMessage, ErrorMessage } from '../../components/primitives';
import type { ISort } from '../../components/sortedTable';
import { cellText, ColumnHeader, isObject, VALUE_COLUMN } from '../../components/sortedTable';
import { LIST_INTERVAL, useInterval } from '../../components/useInterval';
import { useModelOp } from '../../state/context';
import { useChallenge } from '../../state/queries';
import { MetricsView } from '../jobMetrics';
import { BackgroundRun } from './backgroundRun';

/** The challenge of a model's snapshots that runs now, and the result of the last one. */
export function ChallengeOfModel({ name }: { name: string }): JSX.Element | null {
  const { data: view, error } = useChallenge(name);
  if (!view) {
    return error ? <ErrorMessage error={error} /> : null;
  }
  const { run, last } = view;
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {run && <Run name={name} run={run} />}
      {last && <Result key={last.challenged} result={last} />}
    </>
  );
}

function Run({ name, run }: { name: string; run: ChallengeRun }): JSX.Element {
  const { client, queries, trans } = useModelOp();
  const { step } = run;
  return (
    <BackgroundRun
      what={trans.__('challenge of %1', name)}
      run={run}
      text={progressText(run, trans)}
      value={step ? Math.min(step.champion, step.challenger) / Math.max(step.total, 1) : null}
      onStop={async () =>
        queries.setQueryData(['challenge', name], await client.stopChallenge(name))
      }
    />
  );
}

function progressText({ is_stopping, step }: ChallengeRun, trans: TranslationBundle): string {
  if (is_stopping) {
    return trans.__('Stopping…');
  }
  return step
    ? trans.__(
        'Scoring: %1 and %2 of %3 records',
        count(step.champion),
        count(step.challenger),
        count(step.total)
      )
    : trans.__('Preparing both environments…');
}

function Result({ result }: { result: ChallengeResult }): JSX.Element {
  const { trans } = useModelOp();
  useInterval(LIST_INTERVAL);
  const { champion, challenger, challenged, has_passed: hasPassed } = result;
  return (
    <section aria-label={trans.__('Result of the last challenge')}>
      <div className="jp-modelop-bar">
        <strong>{trans.__('%1 challenges %2', challenger, champion)}</strong>
        {hasPassed !== null && (
          <Badge
            kind={hasPassed ? 'good' : 'bad'}
            text={hasPassed ? trans.__('passed') : trans.__('failed')}
          />
        )}
        <span className="jp-modelop-muted" title={moment(challenged)}>
          {trans._n(
            '%2 record in %3, %4',
            '%2 records in %3, %4',
            result.records,
            count(result.records),
            duration(result.seconds),
            ago(challenged)
          )}
        </span>
      </div>
      <p>{result.sentence}</p>
      <MetricsView view={result.view} />
      {result.movers.length > 0 && <Movers result={result} />}
    </section>
  );
}

/** The records that differ most, found by a text in them and sorted by a column. */
function Movers({ result }: { result: ChallengeResult }): JSX.Element {
  const { trans } = useModelOp();
  const { champion, challenger, changed, movers } = result;
  const [text, setText] = React.useState('');
  const [sort, setSort] = React.useState<ISort | null>(null);
  const change = trans.__('change');
  const [columns, rows] = React.useMemo(
    () => tableOf(movers, { champion, challenger, change }),
    [movers]
  );
  const match = text.trim().toLowerCase();
  const found = rows.filter(
    row => match === '' || columns.some(column => row.texts[column].toLowerCase().includes(match))
  );
  const shown = sort === null ? found : sorted(found, sort);
  return (
    <>
      <h4>
        {movers.length < changed
          ? trans.__('The %1 largest changes of %2', count(movers.length), count(changed))
          : trans.__('All %1 changes, the largest first', count(changed))}
      </h4>
      <div className="jp-modelop-bar">
        <input
          type="search"
          className="jp-modelop-search jp-mod-styled"
          placeholder={trans.__('Find records')}
          aria-label={trans.__('Find changes by a text in them')}
          value={text}
          onChange={event => setText(event.target.value)}
        />
        <span className="jp-modelop-muted" role="status">
          {match !== '' && trans.__('%1 of %2 records', count(found.length), count(rows.length))}
        </span>
      </div>
      <div className="jp-modelop-scroll" tabIndex={0} aria-label={trans.__('Largest changes')}>
        <table className="jp-modelop-table jp-modelop-data">
          <thead>
            <tr>
              <th scope="col">{trans.__('record')}</th>
              {columns.map(column => (
                <ColumnHeader key={column} column={column} sort={sort} onSort={setSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(row => (
              <tr key={row.index}>
                <th scope="row">{row.name}</th>
                {columns.map(column => (
                  <td key={column}>{row.texts[column]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.length === 0 && (
        <EmptyMessage>{trans.__('No record has %1 in a value.', text.trim())}</EmptyMessage>
      )}
    </>
  );
}

/** A record that differs, as a row of the table. */
interface IRow {
  readonly index: number;
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly texts: Readonly<Record<string, string>>;
}

/** Return the columns and rows: the change, both outputs, and what the input records hold. */
function tableOf(
  movers: readonly RecordChange[],
  names: { champion: string; challenger: string; change: string }
): [readonly string[], readonly IRow[]] {
  const columns = new Set([names.change, names.champion, names.challenger]);
  const values = movers.map(({ before, after, moved, record }) => {
    const input = isObject(record)
      ? record
      : record === null || record === undefined
        ? {}
        : { [VALUE_COLUMN]: record };
    Object.keys(input).forEach(column => columns.add(column));
    const change = moved ?? undefined;
    return {
      ...input,
      [names.change]: change,
      [names.champion]: before,
      [names.challenger]: after
    };
  });
  const rows = movers.map(({ index, key }, place) => ({
    index,
    name: key === null || key === undefined ? String(index) : cellText(key, VALUE_COLUMN),
    values: values[place],
    texts: Object.fromEntries([...columns].map(column => [column, cellText(values[place], column)]))
  }));
  return [[...columns], rows];
}

/** Return rows in the order of a column, numbers as numbers; those without a value come last. */
function sorted(rows: readonly IRow[], { column, isDescending }: ISort): readonly IRow[] {
  const direction = isDescending ? -1 : 1;
  const compare = (one: IRow, other: IRow): number => {
    const [left, right] = [one.values[column], other.values[column]];
    if (left === undefined || right === undefined) {
      return Number(left === undefined) - Number(right === undefined);
    }
    return typeof left === 'number' && typeof right === 'number'
      ? direction * (left - right)
      : direction *
          one.texts[column].localeCompare(other.texts[column], undefined, { numeric: true });
  };
  return [...rows].sort(compare);
}
