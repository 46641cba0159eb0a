import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { JobKind } from '../../api/types';
import { TextButton } from '../../components/primitives';
import { useModelOp } from '../../state/context';
import { useServerQuery } from '../../state/queries';
import type { IJobQuery, JobOutcome, Period } from './jobQuery';
import { ALL_JOBS, isFiltered, OUTCOME_LABELS } from './jobQuery';

const KINDS: readonly JobKind[] = ['batch', 'metrics', 'train'];
const MOST_MODELS = 1000;

/** The search field and the choices above the list of jobs. */
export function JobFilters(props: {
  query: IJobQuery;
  onChange: (choices: Partial<IJobQuery>) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { query, onChange } = props;
  const { data: models } = useServerQuery({
    key: ['names of models'],
    topics: ['models'],
    fetch: client => client.models({ limit: MOST_MODELS })
  });
  // A model that was removed still has its jobs.
  const names = new Set(models?.rows.map(({ name }) => name));
  if (query.model !== '') {
    names.add(query.model);
  }
  const tags = new Set(models?.rows.flatMap(row => row.tags ?? []).sort());
  if (query.tag !== '') {
    tags.add(query.tag);
  }
  const periods: [Period, string][] = [
    ['today', trans.__('Today')],
    ['week', trans.__('Last 7 days')],
    ['month', trans.__('Last 30 days')],
    ['before', trans.__('Before…')]
  ];
  return (
    <div className="jp-modelop-filters" role="search" aria-label={trans.__('Jobs')}>
      <input
        type="search"
        className="jp-modelop-search jp-mod-styled"
        placeholder={trans.__('Search model, input, output or id')}
        aria-label={trans.__('Search jobs')}
        value={query.match}
        onChange={event => onChange({ match: event.target.value })}
      />
      <Choice
        label={trans.__('Model')}
        all={trans.__('All models')}
        value={query.model}
        options={[...names].map(name => [name, name])}
        onChange={model => onChange({ model })}
      />
      {tags.size > 0 && (
        <Choice
          label={trans.__('Tag of the model')}
          all={trans.__('All tags')}
          value={query.tag}
          options={[...tags].map(tag => [tag, tag])}
          onChange={tag => onChange({ tag })}
        />
      )}
      <Choice
        label={trans.__('Kind')}
        all={trans.__('All kinds')}
        value={query.kind}
        options={KINDS.map(kind => [kind, kind])}
        onChange={kind => onChange({ kind: kind as JobKind | '' })}
      />
      <Choice
        label={trans.__('Result')}
        all={trans.__('All results')}
        value={query.outcome}
        options={OUTCOME_LABELS}
        onChange={outcome => onChange({ outcome: outcome as JobOutcome | '' })}
      />
      <Choice
        label={trans.__('Time')}
        all={trans.__('Any time')}
        value={query.period}
        options={periods}
        onChange={period => onChange({ period: period as Period | '' })}
      />
      {query.period === 'before' && (
        <input
          type="date"
          className="jp-modelop-date jp-mod-styled"
          aria-label={trans.__('Submitted before')}
          max="9999-12-31"
          value={query.before}
          onChange={event => onChange({ before: event.target.value })}
        />
      )}
      {isFiltered(query) && (
        <TextButton
          label={trans.__('Show all')}
          title={trans.__('Remove the search and all choices')}
          onClick={() => onChange({ ...ALL_JOBS, sort: query.sort, order: query.order })}
        />
      )}
    </div>
  );
}

function Choice(props: {
  label: string;
  all: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <HTMLSelect
      aria-label={props.label}
      value={props.value}
      onChange={event => props.onChange(event.target.value)}
    >
      <option value="">{props.all}</option>
      {props.options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </HTMLSelect>
  );
}
