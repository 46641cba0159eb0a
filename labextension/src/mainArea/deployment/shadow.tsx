import * as React from 'react';
import type { Deployment, ShadowReport } from '../../api/types';
import { count } from '../../components/format';
import { Badge, EmptyMessage, ErrorMessage, TextButton } from '../../components/primitives';
import { refOf } from '../../model/deployment';
import { useModelOp } from '../../state/context';
import { deploymentKey } from '../../state/deployments';
import { useAction } from '../../state/queries';

/** What a snapshot would have answered instead: how often something else, and the last examples. */
export function ShadowTab(props: { deployment: Deployment; shadow: ShadowReport }): JSX.Element {
  const { client, queries, trans } = useModelOp();
  const { deployment, shadow } = props;
  const { model } = deployment;
  const { compared, different, dropped, examples, is_ready: isReady } = shadow;
  const ref = `${model}@${shadow.snapshot}`;
  const action = useAction();
  const run = (change: () => Promise<unknown>) =>
    action.run(async () => queries.setQueryData(deploymentKey(model), await change()));
  return (
    <>
      <div className="jp-modelop-bar">
        <strong>{ref}</strong>
        <Badge
          kind={isReady ? 'good' : 'busy'}
          text={isReady ? trans.__('Ready') : trans.__('Starting')}
        />
        <TextButton
          label={trans.__('Let it take over')}
          title={trans.__('%1 answers instead of %2 from now on', ref, refOf(deployment))}
          disabled={action.isRunning}
          onClick={() => run(() => client.deploy(model, { snapshot: shadow.snapshot }))}
        />
        <TextButton
          label={trans.__('End the shadow')}
          title={trans.__('%1 is asked no more; %2 goes on', ref, refOf(deployment))}
          disabled={action.isRunning}
          onClick={() => run(() => client.rollBackDeployment(model))}
        />
      </div>
      {action.error && <ErrorMessage error={action.error} />}
      <p>
        {compared === 0
          ? trans.__('No answers compared yet: they are, as soon as requests come.')
          : trans.__(
              '%1 of %2 answers differ (%3)',
              count(different),
              count(compared),
              share(different / compared)
            )}
        {dropped > 0 &&
          ` · ${trans._n(
            '%2 record was not compared, as the shadow was too far behind',
            '%2 records were not compared, as the shadow was too far behind',
            dropped,
            count(dropped)
          )}`}
      </p>
      {compared > 0 && different === 0 && (
        <EmptyMessage>{trans.__('All answers are the same.')}</EmptyMessage>
      )}
      {examples.length > 0 && (
        <div
          className="jp-modelop-scroll"
          tabIndex={0}
          aria-label={trans.__('The last differences')}
        >
          <table className="jp-modelop-table jp-modelop-data">
            <thead>
              <tr>
                <th scope="col">{trans.__('record')}</th>
                <th scope="col">{refOf(deployment)}</th>
                <th scope="col">{ref}</th>
              </tr>
            </thead>
            <tbody>
              {examples.map(({ record, answer, shadow: other }, index) => (
                <tr key={index}>
                  <td title={record}>{record}</td>
                  <td title={answer}>{answer}</td>
                  <td title={other}>{other}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function share(value: number): string {
  return value.toLocaleString(undefined, { style: 'percent', maximumFractionDigits: 1 });
}
