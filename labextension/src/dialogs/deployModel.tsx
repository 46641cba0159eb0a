import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Deployment, DeployRequest } from '../api/types';
import { wholeDuration } from '../components/format';
import { ErrorMessage } from '../components/primitives';
import { refOf } from '../model/deployment';
import type { IModelOp } from '../state/context';
import { useModelOp } from '../state/context';
import { isAnswering } from '../state/deployments';
import { useModel, useSnapshots } from '../state/queries';
import { disableAccept, launchFormDialog } from './formDialog';
import { RequestForm } from './requestForm';
import { TextField } from './textField';

export interface IDeployOptions {
  readonly model: string;
  /** What is chosen at first. */
  readonly initial: DeployRequest;
  /** The deployment of the model, whatever its state; null for a first one. */
  readonly present: Deployment | null;
}

/** What is chosen, and the fields whose texts are no value of theirs, with what they take. */
interface IDraft {
  readonly request: DeployRequest;
  readonly mistakes: ReadonlyMap<string, string>;
}

/** Show the dialog that deploys a model, with an error of the previous attempt; return null on cancel. */
export async function deployModelDialog(
  context: IModelOp,
  options: IDeployOptions,
  error: Error | null = null
): Promise<DeployRequest | null> {
  const { trans } = context;
  const initial: IDraft = { request: options.initial, mistakes: new Map() };
  const form = new RequestForm<IDraft>(context, initial, onChange => (
    <Form options={options} initial={initial} error={error} onChange={onChange} />
  ));
  const dialog = new Dialog<IDraft>({
    title: trans.__('Deploy %1', options.model),
    body: form,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Deploy') })],
    defaultButton: 1,
    focusNodeSelector: 'select'
  });
  form.onRequest = ({ mistakes }) => disableAccept(dialog.node, [...mistakes.values()][0] ?? null);
  const { button, value } = await launchFormDialog(dialog);
  return button.accept && value !== null ? value.request : null;
}

function Form(props: {
  options: IDeployOptions;
  initial: IDraft;
  error: Error | null;
  onChange: (draft: IDraft) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { model, present } = props.options;
  const [draft, setDraft] = React.useState(props.initial);
  React.useEffect(() => props.onChange(draft), [draft]);
  const { request, mistakes } = draft;
  const change = (values: Partial<DeployRequest>) =>
    setDraft(before => ({ ...before, request: { ...before.request, ...values } }));
  /** Take what a text means; undefined for a text that means nothing. */
  const changeText = (
    name: keyof DeployRequest,
    text: string,
    parse: (text: string) => DeployRequest[keyof DeployRequest],
    mistake: string
  ) => {
    const isEmpty = text.trim() === '';
    const value = isEmpty ? undefined : parse(text.trim());
    const others = [...mistakes].filter(([other]) => other !== name);
    const isMistake = !isEmpty && value === undefined;
    setDraft({
      request: { ...request, [name]: value },
      mistakes: new Map(isMistake ? [...others, [name, mistake]] : others)
    });
  };
  const replaced = present !== null && isAnswering(present) ? present : null;
  return (
    <>
      <p className="jp-modelop-muted">
        {replaced === null
          ? trans.__(
              'The model answers requests on this server’s machine until it is stopped, isolated in its own environment.'
            )
          : trans.__(
              '%1 answers until the new snapshot is initialised and takes its place.',
              refOf(replaced)
            )}
        {present !== null && ` ${trans.__('What is left empty stays as it was.')}`}
      </p>
      <SnapshotField
        model={model}
        value={request.snapshot ?? null}
        onChange={snapshot => change({ snapshot: snapshot ?? undefined })}
      />
      {replaced !== null && (
        <label className="jp-modelop-field">
          <span>{trans.__('Shadow')}</span>
          <span className="jp-modelop-choice">
            <input
              type="checkbox"
              checked={request.shadow ?? false}
              onChange={event => change({ shadow: event.target.checked || undefined })}
            />
            {trans.__('Only compare its answers with those of %1', refOf(replaced))}
          </span>
        </label>
      )}
      <TextField
        label={trans.__('Replicas')}
        placeholder={replicasBefore(present, trans)}
        value={request.replicas ? String(request.replicas) : ''}
        isInvalid={mistakes.has('replicas')}
        onChange={text =>
          changeText(
            'replicas',
            text,
            parseReplicas,
            trans.__('Replicas: enter a number up to 1000, or auto')
          )
        }
      />
      <LifetimeField
        lifetime={request.lifetime ?? undefined}
        before={present?.options.lifetime ?? null}
        isInvalid={mistakes.has('lifetime')}
        onText={text =>
          changeText(
            'lifetime',
            text,
            parseTime,
            trans.__('Stop after: enter a time such as 30m, 8h or 2d')
          )
        }
      />
      {/* The one that answers has its port until it is stopped. */}
      {replaced === null && (
        <TextField
          label={trans.__('Port')}
          placeholder={
            present?.options.port
              ? trans.__('as it was: %1', present.options.port)
              : trans.__('the first free one from 8003 on')
          }
          value={request.port ? String(request.port) : ''}
          isInvalid={mistakes.has('port')}
          onChange={text =>
            changeText('port', text, parsePort, trans.__('Port: enter a number from 1 to 65535'))
          }
        />
      )}
      {request.capture !== '' && (
        <TextField
          label={trans.__('Capture file')}
          placeholder={
            present?.options.capture
              ? trans.__('as it was: %1', present.options.capture)
              : trans.__('a path; keeps inputs and outputs as JSON lines')
          }
          value={request.capture ?? ''}
          onChange={text => changeText('capture', text, path => path, '')}
        />
      )}
      {present?.options.capture && (
        <label className="jp-modelop-field">
          <span>{trans.__('Capture')}</span>
          <span className="jp-modelop-choice">
            <input
              type="checkbox"
              checked={request.capture === ''}
              onChange={event => change({ capture: event.target.checked ? '' : undefined })}
            />
            {trans.__('Keep inputs and outputs no more')}
          </span>
        </label>
      )}
      {[...mistakes.values()].map(mistake => (
        <p key={mistake} className="jp-modelop-muted jp-mod-error" role="status">
          {mistake}
        </p>
      ))}
      {props.error && <ErrorMessage error={props.error} />}
    </>
  );
}

/** A choice among the snapshots of a model, and the model as it is now: null. */
function SnapshotField(props: {
  model: string;
  value: number | null;
  onChange: (snapshot: number | null) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { data: model } = useModel(props.model);
  const { data: page } = useSnapshots(props.model);
  const newest = model?.newest ?? null;
  return (
    <label className="jp-modelop-field">
      <span>{trans.__('Snapshot')}</span>
      <HTMLSelect
        value={props.value ?? ''}
        onChange={event => props.onChange(event.target.value ? Number(event.target.value) : null)}
      >
        <option value="">
          {newest !== null && model?.is_changed === false
            ? trans.__('as it is now (@%1)', newest.number)
            : trans.__('as it is now; takes a snapshot')}
        </option>
        {page?.rows.map(({ ref, number, name }) => (
          <option key={ref} value={number}>
            @{number} {name}
          </option>
        ))}
      </HTMLSelect>
    </label>
  );
}

const HOUR = 3600;
const OTHER = 'other';

/** After which time the deployment stops: what is asked for most, or a time that is typed. */
function LifetimeField(props: {
  lifetime: number | undefined;
  /** The lifetime that stays where none is chosen. */
  before: number | null;
  isInvalid: boolean;
  onText: (text: string) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { lifetime, before, onText } = props;
  const usual = [0, HOUR, 8 * HOUR];
  const [isOther, setOther] = React.useState(lifetime !== undefined && !usual.includes(lifetime));
  return (
    <>
      <label className="jp-modelop-field">
        <span>{trans.__('Stop after')}</span>
        <HTMLSelect
          value={isOther ? OTHER : (lifetime ?? '')}
          onChange={event => {
            const { value } = event.target;
            setOther(value === OTHER);
            onText(value === OTHER ? '' : value && `${value}s`);
          }}
        >
          <option value="">
            {before === null ? trans.__('never') : trans.__('as it was: %1', wholeDuration(before))}
          </option>
          {before !== null && <option value={0}>{trans.__('never')}</option>}
          <option value={HOUR}>{trans.__('1 hour')}</option>
          <option value={8 * HOUR}>{trans.__('8 hours')}</option>
          <option value={OTHER}>{trans.__('another time')}</option>
        </HTMLSelect>
      </label>
      {isOther && (
        <TextField
          label={trans.__('Time')}
          placeholder={trans.__('30m, 8h or 2d')}
          value={lifetime === undefined ? '' : timeText(lifetime)}
          isInvalid={props.isInvalid}
          onChange={onText}
        />
      )}
    </>
  );
}

/** Return what an empty field of replicas stands for. */
function replicasBefore(present: Deployment | null, trans: TranslationBundle): string {
  if (present === null) {
    return trans.__('1, or auto for one per core');
  }
  const { replicas } = present.options;
  return replicas === null
    ? trans.__('as it was: one per core')
    : trans.__('as it was: %1', replicas);
}

function parseReplicas(text: string): number | 'auto' | undefined {
  return text.toLowerCase() === 'auto' ? 'auto' : parseWhole(text, 1000);
}

function parsePort(text: string): number | undefined {
  return parseWhole(text, 65535);
}

function parseWhole(text: string, most: number): number | undefined {
  return /^[1-9]\d*$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86400],
  ['h', HOUR],
  ['m', 60],
  ['s', 1]
];

/** Parse a time as the command line does: `30m`, `8h`, `2d`, `90s`, `0s` for ever; undefined for any other text. */
export function parseTime(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([smhd])$/i.exec(text);
  const unit = UNITS.find(([name]) => name === match?.[2].toLowerCase());
  const value = Number(match?.[1]) * (unit?.[1] ?? 0);
  return match !== null && value <= 365 * 86400 ? value : undefined;
}

/** Return seconds as `parseTime` reads them. */
function timeText(seconds: number): string {
  const [name, unit] = UNITS.find(([, size]) => seconds % size === 0) ?? ['s', 1];
  return `${seconds / unit}${name}`;
}
