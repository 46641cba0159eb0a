import * as React from 'react';
import { PAUSE, useClock } from '../clock';
import { Badge, Empty, Problem, TextButton } from '../components/parts';
import { useLive, useModelOp } from '../context';
import { confirmClearing } from '../dialogs/clearing';
import { ago, bytes, moment } from '../format';
import type { EnvironmentRow } from '../types';

/** Every environment on disk, with its size and the models that it serves. */
export function EnvironmentsSection(): JSX.Element {
  const { client, changes, trans } = useModelOp();
  useClock(PAUSE);
  const [error, setError] = React.useState<Error | null>(null);
  const found = useLive('environments', ['environments', 'models'], client =>
    client.environments()
  );
  const rows = found.value;
  const size = rows?.reduce((sum, row) => sum + (row.environment.size ?? 0), 0) ?? 0;
  const clear = async () => {
    try {
      const would = await client.clearEnvironments(true);
      const words = {
        nothing: trans.__(
          '%1 are taken, of %2 that may be.',
          bytes(would.before),
          bytes(would.quota ?? 0)
        ),
        consequence: trans.__('A job builds an environment again when it needs it.')
      };
      if (await confirmClearing(would, trans, words)) {
        await client.clearEnvironments(false);
      }
      setError(null);
    } catch (reason) {
      setError(reason as Error);
    }
    await changes.refresh();
  };
  return (
    <div className="jp-modelop-section">
      {(error ?? found.error) && <Problem error={(error ?? found.error)!} />}
      {rows?.length === 0 && (
        <Empty>{trans.__('None is built yet. A job builds the one that it needs.')}</Empty>
      )}
      {rows && rows.length > 0 && (
        <div className="jp-modelop-bar">
          <span className="jp-modelop-muted">
            {trans._n('%1 environment, %2', '%1 environments, %2', rows.length, bytes(size))}
          </span>
          <span className="jp-modelop-spacer" />
          <TextButton
            label={trans.__('Clean up…')}
            title={trans.__('Remove what was not used for long and is beyond the quota')}
            onClick={() => void clear()}
          />
        </div>
      )}
      <ul className="jp-modelop-list" aria-label={trans.__('Environments')}>
        {rows?.map(row => (
          <li key={row.environment.fingerprint}>
            <Row row={row} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Row({ row }: { row: EnvironmentRow }): JSX.Element {
  const { trans } = useModelOp();
  const { environment } = row;
  const used = environment.last_used ?? environment.created;
  return (
    <div className="jp-modelop-job">
      <div className="jp-modelop-row">
        <code title={environment.fingerprint}>{environment.fingerprint.slice(0, 8)}</code>
        <span className="jp-modelop-name">
          {row.is_overlay
            ? trans.__('for kernels')
            : row.models.length > 0
              ? row.models.join(', ')
              : trans.__('no model')}
        </span>
        {row.is_pinned && <Badge kind="plain" text={trans.__('pinned')} />}
        {row.in_use && <Badge kind="busy" text={trans.__('in use')} />}
      </div>
      <div className="jp-modelop-muted" title={moment(used)}>
        {[
          `Python ${environment.interpreter.version}`,
          trans._n('%1 package', '%1 packages', environment.packages.length),
          environment.size === null ? '' : bytes(environment.size),
          trans.__('used %1', ago(used))
        ]
          .filter(Boolean)
          .join(' · ')}
      </div>
    </div>
  );
}
