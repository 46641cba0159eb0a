import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { EngineChoices, JobDraft } from '../api/types';
import { clusterSentence, DashboardLink, LOCAL_ENGINE } from '../components/cluster';
import { ErrorMessage } from '../components/primitives';
import { useModelOp } from '../state/context';
import { useEngines, useEngineState } from '../state/queries';
import { TextField } from './textField';
import { useDebouncedValue } from './useDebouncedValue';

const ADDRESS_MARK = '://';
/** A pause in typing an address after which the cluster is looked at. */
const LOOK_DELAY = 600;

/** Return whether an engine is to be used at an address that is not given yet. */
export function lacksAddress(engine: JobDraft['engine']): boolean {
  return engine !== undefined && engine.endsWith(ADDRESS_MARK);
}

/** Where a job runs: a choice of the engines, the address of a cluster, and what it has now. */
export function EngineField(props: {
  /** The engine; undefined for the default one. */
  engine: JobDraft['engine'];
  onChange: (engine: JobDraft['engine']) => void;
}): JSX.Element | null {
  const { trans } = useModelOp();
  const { data: choices, error } = useEngines();
  if (!choices) {
    return error ? <ErrorMessage error={error} /> : null;
  }
  const engine = props.engine ?? choices.default;
  const [name, mark, address] = split(engine);
  const change = (next: string) => props.onChange(next === choices.default ? undefined : next);
  return (
    <>
      <label className="jp-modelop-field">
        <span>{trans.__('Run on')}</span>
        <HTMLSelect
          value={name + mark}
          onChange={event => change(start(event.target.value, choices))}
        >
          {[...optionsOf(choices, name)].map(option => (
            <option key={option} value={option}>
              {option === LOCAL_ENGINE
                ? trans.__('this machine')
                : option.endsWith(ADDRESS_MARK)
                  ? trans.__('%1, at an address', option.slice(0, -ADDRESS_MARK.length))
                  : trans.__('%1, on this machine', option)}
            </option>
          ))}
        </HTMLSelect>
      </label>
      {mark !== '' && (
        <AddressField
          key={name}
          address={address}
          addresses={choices.addresses.filter(other => split(other)[0] === name)}
          onChange={next => change(name + ADDRESS_MARK + next)}
        />
      )}
      {lacksAddress(engine) ? (
        <p className="jp-modelop-muted jp-mod-error" role="status">
          {trans.__('Enter the address of the cluster')}
        </p>
      ) : (
        engine !== LOCAL_ENGINE && <EngineStatus engine={engine} />
      )}
    </>
  );
}

/** The address of a cluster, with those where the last jobs ran as suggestions. */
function AddressField(props: {
  address: string;
  addresses: readonly string[];
  onChange: (address: string) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  return (
    <TextField
      label={trans.__('Address of the cluster')}
      value={props.address}
      onChange={text => props.onChange(withoutScheme(text))}
      placeholder={trans.__('host:8786')}
      suggestions={props.addresses.map(address => split(address)[2])}
    />
  );
}

/** What an engine's cluster has now, or why it cannot be used. */
function EngineStatus(props: { engine: string }): JSX.Element {
  const { trans } = useModelOp();
  const engine = useDebouncedValue(props.engine, LOOK_DELAY);
  const { data: state, error } = useEngineState(engine);
  if (error && engine === props.engine) {
    return <ErrorMessage error={error} />;
  }
  return (
    <p className="jp-modelop-muted jp-modelop-engineState" role="status">
      {state && engine === props.engine ? (
        <>
          {clusterSentence(state, trans)}
          <DashboardLink address={state.dashboard} />
        </>
      ) : (
        trans.__('Connecting to %1…', props.engine)
      )}
    </p>
  );
}

/** Return the values of the choice: each engine by itself and at an address, and the present one. */
function optionsOf({ names }: EngineChoices, present: string): Set<string> {
  const others = [...names, present].filter(name => name !== LOCAL_ENGINE);
  return new Set([LOCAL_ENGINE, ...others.flatMap(name => [name, name + ADDRESS_MARK])]);
}

/** Return the engine to begin with for a value of the choice: at the address used last. */
function start(option: string, { addresses }: EngineChoices): string {
  const isAtAddress = option.endsWith(ADDRESS_MARK);
  return (isAtAddress && addresses.find(address => address.startsWith(option))) || option;
}

/** Return name, mark and address of an engine; the last two are empty for one without. */
function split(engine: string): [string, string, string] {
  const index = engine.indexOf(ADDRESS_MARK);
  return index < 0
    ? [engine, '', '']
    : [engine.slice(0, index), ADDRESS_MARK, engine.slice(index + ADDRESS_MARK.length)];
}

/** Return an address that may have been copied with its scheme, as schedulers print `tcp://host:8786`. */
function withoutScheme(text: string): string {
  return text.trim().replace(/^(tcp|dask):\/\//i, '');
}
