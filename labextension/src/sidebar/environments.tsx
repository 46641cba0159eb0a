import * as React from 'react';
import type { EnvironmentRow } from '../api/types';
import { ago, bytes, moment } from '../components/format';
import { Badge, EmptyMessage, ErrorMessage, TextButton } from '../components/primitives';
import { LIST_INTERVAL, useInterval } from '../components/useInterval';
import { confirmCleanup } from '../dialogs/confirmCleanup';
import { useModelOp } from '../state/context';
import { useAction, useServerQuery } from '../state/queries';

/** All environments on disk, with their sizes and the models that use them. */
export function EnvironmentsSection(): JSX.Element {
  const { client, trans } = useModelOp();
  useInterval(LIST_INTERVAL);
  const action = useAction();
  const { data: rows, error: fetchError } = useServerQuery({
    key: ['environments'],
    topics: ['environments', 'models'],
    fetch: client => client.environments()
  });
  const size = rows?.reduce((sum, { environment }) => sum + (environment.size ?? 0), 0) ?? 0;
  const cleanUp = async () => {
    const report = await client.cleanUpEnvironments(true);
    const texts = {
      nothing: trans.__(
        'The environments use %1 of a quota of %2.',
        bytes(report.before),
        bytes(report.quota ?? 0)
      ),
      consequence: trans.__('A job builds an environment again when it needs it.')
    };
    if (await confirmCleanup(report, trans, texts)) {
      await client.cleanUpEnvironments(false);
    }
  };
  const error = action.error ?? fetchError;
  return (
    <div className="jp-modelop-section">
      {error && <ErrorMessage error={error} />}
      {rows?.length === 0 && (
        <EmptyMessage>
          {trans.__('No environments yet. A job builds the environment that it needs.')}
        </EmptyMessage>
      )}
      {rows && rows.length > 0 && (
        <div className="jp-modelop-bar">
          <span className="jp-modelop-muted">
            {trans._n('%1 environment, %2', '%1 environments, %2', rows.length, bytes(size))}
          </span>
          <span className="jp-modelop-spacer" />
          <TextButton
            label={trans.__('Clean up…')}
            name={trans.__('Clean up environments…')}
            title={trans.__('Remove environments that were not used recently and exceed the quota')}
            onClick={() => action.run(cleanUp)}
          />
        </div>
      )}
      <ul className="jp-modelop-list" aria-label={trans.__('Environments')}>
        {rows?.map(row => (
          <li key={row.environment.fingerprint}>
            <EnvironmentItem row={row} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function EnvironmentItem({ row }: { row: EnvironmentRow }): JSX.Element {
  const { trans } = useModelOp();
  const { environment } = row;
  const users = row.is_overlay
    ? trans.__('for kernels')
    : row.models.join(', ') || trans.__('no model');
  const used = environment.last_used ?? environment.created;
  return (
    <div className="jp-modelop-job">
      <div className="jp-modelop-row">
        <span className="jp-modelop-name" title={users}>
          {users}
        </span>
        {row.is_pinned && <Badge kind="plain" text={trans.__('pinned')} />}
        {row.in_use && <Badge kind="busy" text={trans.__('in use')} />}
      </div>
      <div
        className="jp-modelop-muted"
        title={trans.__('Fingerprint %1, used %2', environment.fingerprint, moment(used))}
      >
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
