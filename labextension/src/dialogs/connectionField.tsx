import * as React from 'react';
import type { JobDraft } from '../api/types';
import { useModelOp } from '../state/context';
import { useConnections } from '../state/queries';
import { TextField } from './textField';

/** Return the path of an input. */
export function pathOf(input: JobDraft['inputs'][number]): string {
  return 'path' in input ? input.path : input.asset;
}

/** Return whether a file holds a query, whose rows a database gives. */
export function isQuery(path: string): boolean {
  return path.toLowerCase().endsWith('.sql');
}

/** Return whether an input of a job is a query. */
export function hasQuery(draft: Pick<JobDraft, 'inputs'>): boolean {
  return draft.inputs.some(input => isQuery(pathOf(input)));
}

/** The database of inputs that are queries, with those that the server knows as suggestions. */
export function ConnectionField(props: {
  connection: JobDraft['connection'];
  onChange: (connection: JobDraft['connection']) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { data: names } = useConnections();
  return (
    <TextField
      label={trans.__('Connection of the query')}
      value={props.connection ?? ''}
      onChange={text => props.onChange(text || undefined)}
      placeholder={trans.__('NAME in MODELOP_CONNECTION_NAME')}
      suggestions={names ?? []}
    />
  );
}
