import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ModelDetail } from '../api/types';
import { AddField, Chips } from '../components/chips';
import { ErrorMessage, IconButton } from '../components/primitives';
import { useModelOp } from '../state/context';
import { useAction } from '../state/queries';

/** The tags of a model as chips. */
export function TagsPart({ model }: { model: ModelDetail }): JSX.Element {
  const { client, trans } = useModelOp();
  const action = useAction();
  const { name, tags } = model;
  return (
    <>
      {action.error && <ErrorMessage error={action.error} />}
      <Chips
        label={trans.__('Tags of %1', name)}
        addLabel={trans.__('Add a tag to %1', name)}
        values={tags}
        onAdd={tag => action.run(() => client.changeTags(name, { add: [tag] }))}
        onRemove={tag => action.run(() => client.changeTags(name, { remove: [tag] }))}
      />
    </>
  );
}

/** The metadata of a model as a table of keys and values. */
export function MetadataPart({ model }: { model: ModelDetail }): JSX.Element {
  const { client, trans } = useModelOp();
  const action = useAction();
  const { name } = model;
  const rows = [...leaves(model.meta ?? {})];
  return (
    <>
      {action.error && <ErrorMessage error={action.error} />}
      {rows.length > 0 && (
        <table className="jp-modelop-metadata" aria-label={trans.__('Metadata of %1', name)}>
          <tbody>
            {rows.map(([key, value]) => (
              <tr key={key}>
                <th scope="row">{key}</th>
                <td>{typeof value === 'string' ? value : JSON.stringify(value)}</td>
                <td>
                  <IconButton
                    icon={closeIcon}
                    label={trans.__('Remove %1', key)}
                    onClick={() => action.run(() => client.changeMetadata(name, { remove: [key] }))}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <AddField
        label={trans.__('Add metadata to %1', name)}
        placeholder={trans.__('key=value')}
        onAdd={text => action.run(() => client.changeMetadata(name, { set: entryOf(text) }))}
      />
    </>
  );
}

/** The values of metadata with their keys, those of an object as `a.b`, as the server has them. */
function* leaves(values: object, above = ''): Generator<[string, unknown]> {
  for (const [key, value] of Object.entries(values)) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isObject && Object.keys(value).length > 0) {
      yield* leaves(value, `${above}${key}.`);
    } else {
      yield [above + key, value];
    }
  }
}

/** Return `key=value` as an entry: the value is JSON, or else text. */
function entryOf(text: string): Record<string, unknown> {
  const [key, ...rest] = text.split('=');
  const value = rest.join('=');
  try {
    return { [key]: JSON.parse(value) };
  } catch {
    return { [key]: value };
  }
}
