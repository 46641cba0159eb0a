import * as React from 'react';
import type { JobDraft, JobKind } from '../api/types';
import { useModelOp } from '../state/context';
import { EngineField, lacksAddress } from './engineField';
import { TextField } from './textField';

/** A text that is not a value of its field: the field's label, and what it takes. */
export type Mistakes = ReadonlyMap<keyof JobDraft, string>;

type LimitName =
  | 'workers'
  | 'max_errors'
  | 'limit'
  | 'record_timeout'
  | 'retry'
  | 'retry_on'
  | 'timeout'
  | 'cpu_time'
  | 'memory';

/** The limits of each kind of job, in their order. */
const LIMITS: Readonly<Record<JobKind, readonly LimitName[]>> = {
  batch: [
    'limit',
    'max_errors',
    'record_timeout',
    'retry',
    'retry_on',
    'timeout',
    'cpu_time',
    'memory',
    'workers'
  ],
  metrics: ['timeout', 'cpu_time', 'memory'],
  train: []
};

const MOST_RETRIES = 100;

const PARSERS: { readonly [Name in LimitName]: (text: string) => JobDraft[Name] } = {
  workers: text => (text.toLowerCase() === 'auto' ? 'auto' : parseCount(text, 256)),
  max_errors: parseMaxErrors,
  limit: text => parseCount(text, Number.MAX_SAFE_INTEGER),
  record_timeout: parseSeconds,
  retry: text => parseCount(text, MOST_RETRIES),
  retry_on: parseNames,
  timeout: parseSeconds,
  cpu_time: parseSeconds,
  memory: parseBytes
};

/** Where a job runs and what it may use, folded; the title says what is set. */
export function LimitFields(props: {
  draft: JobDraft;
  mistakes: Mistakes;
  onChange: (values: Partial<JobDraft>) => void;
  onMistake: (name: keyof JobDraft, mistake: string | null) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { draft, mistakes } = props;
  const texts: Record<LimitName, readonly [label: string, placeholder: string, expected: string]> =
    {
      limit: [trans.__('Maximum records'), trans.__('all'), trans.__('a number of records')],
      max_errors: [
        trans.__('Maximum errors'),
        trans.__('any; or 100, or 1%'),
        trans.__('a number such as 100, or a share such as 1%')
      ],
      record_timeout: [
        trans.__('Seconds for a record'),
        trans.__('no limit'),
        trans.__('a number of seconds above 0')
      ],
      retry: [
        trans.__('Further tries of a record'),
        trans.__('none'),
        trans.__('a number up to 100')
      ],
      retry_on: [
        trans.__('Exceptions to try again after'),
        'ConnectionError, TimeoutError',
        trans.__('names such as ConnectionError, requests.exceptions')
      ],
      timeout: [
        trans.__('Seconds for the job'),
        trans.__('no limit'),
        trans.__('a number of seconds above 0')
      ],
      cpu_time: [
        trans.__('Seconds of CPU time'),
        trans.__('no limit'),
        trans.__('a number of seconds above 0')
      ],
      memory: [
        trans.__('Memory'),
        trans.__('no limit; or 2GB, 500MB'),
        trans.__('a size such as 2GB or 500MB')
      ],
      workers: [
        trans.__('Workers'),
        trans.__('1, or auto for one per core'),
        trans.__('a number up to 256, or auto')
      ]
    };
  const names = LIMITS[draft.kind];
  const isSet = names.filter(name => draft[name] !== undefined);
  const summary = [
    ...(draft.engine ? [trans.__('Run on: %1', draft.engine)] : []),
    ...isSet.map(name => `${texts[name][0]}: ${textOf(name, draft)}`)
  ];
  const change = (name: LimitName, text: string) => {
    const value = text.trim() === '' ? undefined : PARSERS[name](text.trim());
    const [label, , expected] = texts[name];
    const isMistake = value === undefined && text.trim() !== '';
    props.onMistake(name, isMistake ? trans.__('%1: enter %2', label, expected) : null);
    props.onChange({ [name]: value });
  };
  // What keeps the job from running is shown, and stays shown while it is mended.
  const mustOpen = lacksAddress(draft.engine) || names.some(name => mistakes.has(name));
  const [isOpen, setOpen] = React.useState(mustOpen);
  return (
    <details
      className="jp-modelop-fold"
      open={isOpen || mustOpen}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>
        {trans.__('Limits')}{' '}
        <span className="jp-modelop-muted">{summary.join(' · ') || trans.__('none')}</span>
      </summary>
      {names.map(name => (
        <TextField
          key={name}
          label={texts[name][0]}
          placeholder={texts[name][1]}
          value={textOf(name, draft)}
          isInvalid={mistakes.has(name)}
          onChange={text => change(name, text)}
        />
      ))}
      <EngineField engine={draft.engine} onChange={engine => props.onChange({ engine })} />
    </details>
  );
}

/** Return the text of a limit as its field takes it. */
function textOf(name: LimitName, draft: JobDraft): string {
  if (name === 'max_errors') {
    const max = draft.max_errors;
    return max === undefined ? '' : 'percent' in max ? `${max.percent}%` : `${max.count}`;
  }
  if (name === 'retry_on') {
    return draft.retry_on?.join(', ') ?? '';
  }
  if (name === 'memory') {
    return draft.memory === undefined ? '' : sizeText(draft.memory);
  }
  return draft[name] === undefined ? '' : String(draft[name]);
}

function parseCount(text: string, most: number): number | undefined {
  return /^[1-9]\d*$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

/** Parse a number or percentage of errors; undefined for an invalid text. */
function parseMaxErrors(text: string): JobDraft['max_errors'] {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text);
  const value = Number(match?.[1]);
  if (match?.[2]) {
    return value <= 100 ? { percent: value } : undefined;
  }
  return Number.isSafeInteger(value) ? { count: value } : undefined;
}

/** Parse names of exceptions and modules, separated by commas or blanks. */
function parseNames(text: string): string[] | undefined {
  const names = text.split(/[\s,]+/).filter(name => name !== '');
  const areNames = names.every(name => /^[\p{L}_]\w*(\.[\p{L}_]\w*)*$/u.test(name));
  return areNames && names.length > 0 ? names : undefined;
}

function parseSeconds(text: string): number | undefined {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : 0;
  return value > 0 && value <= 31_536_000 ? value : undefined;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** Parse a size as the server does: `2GB`, `500 MB`, `1.5g` or `2GiB`; a bare number is bytes. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?$/i.exec(text);
  if (match === null || (match[3] && !match[2])) {
    return undefined;
  }
  const unit = UNITS[match[2].toLowerCase()];
  const base = match[3] ? 1024 ** Math.round(Math.log10(unit) / 3) : unit;
  const value = Math.round(Number(match[1]) * base);
  return value > 0 && Number.isSafeInteger(value) ? value : undefined;
}

/** Return bytes as `parseBytes` reads them, without loss. */
function sizeText(bytes: number): string {
  const unit = ['t', 'g', 'm', 'k'].find(name => bytes % UNITS[name] === 0);
  return unit ? `${bytes / UNITS[unit]}${unit.toUpperCase().replace('K', 'k')}B` : String(bytes);
}
