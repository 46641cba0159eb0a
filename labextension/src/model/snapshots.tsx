import * as React from 'react';
import type { ModelDetail } from '../api/types';
import { Chips } from '../components/chips';
import { ago, byAuthor, moment } from '../components/format';
import { EmptyMessage, ErrorMessage, TextButton } from '../components/primitives';
import { LIST_INTERVAL, useInterval } from '../components/useInterval';
import { useModelOp } from '../state/context';
import { useAction, useSnapshots } from '../state/queries';

/** The snapshots of a model, newest first, and a button that takes one. */
export function SnapshotsPart({ model }: { model: ModelDetail }): JSX.Element {
  const { client, trans } = useModelOp();
  useInterval(LIST_INTERVAL);
  const action = useAction();
  const { data: page, error: fetchError } = useSnapshots(model.name);
  const error = action.error ?? fetchError;
  const known = page?.rows.flatMap(({ aliases }) => aliases ?? []) ?? [];
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {page?.total === 0 && (
        <EmptyMessage>{trans.__('No snapshots yet. A job takes one automatically.')}</EmptyMessage>
      )}
      <ul className="jp-modelop-list" aria-label={trans.__('Snapshots of %1', model.name)}>
        {page?.rows.map(({ ref, number, name, created, created_by: author, aliases }) => (
          <li key={ref} className="jp-modelop-row jp-modelop-snapshot" title={moment(created)}>
            <span className="jp-modelop-name">@{number}</span>
            <span className="jp-modelop-muted">
              {name} · {byAuthor(ago(created), author, trans)}
            </span>
            <Chips
              label={trans.__('Aliases of %1', ref)}
              addLabel={trans.__('Give an alias to %1, or move one', ref)}
              values={aliases ?? []}
              suggestions={known.filter(word => !aliases?.includes(word))}
              onAdd={word => action.run(() => client.moveAlias(model.name, word, number))}
              onRemove={word => action.run(() => client.removeAlias(model.name, word))}
            />
          </li>
        ))}
      </ul>
      {model.is_changed && (
        <TextButton
          label={trans.__('Take a snapshot')}
          name={trans.__('Take a snapshot of %1', model.name)}
          onClick={() => action.run(() => client.takeSnapshot(model.name))}
        />
      )}
    </>
  );
}
