import * as React from 'react';
import { PAUSE, useClock } from '../clock';
import { Empty, Problem, TextButton } from '../components/parts';
import { useLive, useModelOp } from '../context';
import { ago, moment } from '../format';
import type { ModelDetail } from '../types';

/** The immutable states of a model, newest first, and a way to take one. */
export function SnapshotsPart({ model }: { model: ModelDetail }): JSX.Element {
  const { client, changes, trans } = useModelOp();
  useClock(PAUSE);
  const [error, setError] = React.useState<Error | null>(null);
  const found = useLive(`snapshots ${model.name}`, ['models'], each =>
    each.snapshots(model.name, { limit: 100 })
  );
  const take = async () => {
    try {
      await client.takeSnapshot(model.name);
      setError(null);
      await changes.refresh();
    } catch (reason) {
      setError(reason as Error);
    }
  };
  return (
    <>
      {(error ?? found.error) && <Problem error={(error ?? found.error)!} />}
      {found.value?.total === 0 && (
        <Empty>{trans.__('None yet: a job takes one by itself.')}</Empty>
      )}
      <ul className="jp-modelop-list">
        {found.value?.rows.map(each => (
          <li key={each.ref} className="jp-modelop-row" title={moment(each.created)}>
            <span className="jp-modelop-name">@{each.number}</span>
            <span className="jp-modelop-muted">
              {each.name} · {ago(each.created)}
            </span>
          </li>
        ))}
      </ul>
      {model.is_changed && (
        <TextButton label={trans.__('Take a snapshot')} onClick={() => void take()} />
      )}
    </>
  );
}
