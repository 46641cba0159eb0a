import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Deployment } from '../api/types';
import { CopyButton } from '../components/copyButton';
import { EmptyMessage, ErrorMessage, IconButton } from '../components/primitives';
import { StateMark } from '../components/stateMark';
import { Sparkline } from '../components/timeChart';
import { LIST_INTERVAL, useInterval } from '../components/useInterval';
import {
  bySecond,
  DeploymentButtons,
  deploymentBadge,
  DeploymentLink,
  latency,
  rate,
  refOf,
  useDeploymentUrl
} from '../model/deployment';
import { useModelOp } from '../state/context';
import { isAnswering, isRunning, useDeployments } from '../state/deployments';
import { useAction } from '../state/queries';
import { CommandIDs } from '../tokens';

/** How many seconds the line of a deployment shows. */
const SPARK_SECONDS = 60;

/** The models that answer requests, with what they do now. */
export function DeploymentsSection(): JSX.Element {
  const { trans } = useModelOp();
  useInterval(LIST_INTERVAL);
  const { data: rows, error, refetch } = useDeployments();
  const running = rows?.filter(isRunning).length ?? 0;
  return (
    <div className="jp-modelop-section">
      {rows && rows.length > 0 && (
        <div className="jp-modelop-bar">
          <span className="jp-modelop-muted">
            {trans.__('%1 of %2 running', running, rows.length)}
          </span>
          <span className="jp-modelop-spacer" />
          <IconButton
            icon={refreshIcon}
            label={trans.__('Refresh deployments')}
            onClick={() => void refetch()}
          />
        </div>
      )}
      {error && <ErrorMessage error={error} />}
      {rows?.length === 0 && (
        <EmptyMessage>
          {trans.__('No deployments yet. The button “Deploy” of a model has it answer requests.')}
        </EmptyMessage>
      )}
      <ul className="jp-modelop-list" aria-label={trans.__('Deployments')}>
        {rows?.map(deployment => (
          <li key={deployment.model}>
            <DeploymentRow deployment={deployment} onChange={refetch} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function DeploymentRow(props: {
  deployment: Deployment;
  onChange: () => Promise<unknown>;
}): JSX.Element {
  const { commands, trans } = useModelOp();
  const { deployment, onChange } = props;
  const { model, problem, load } = deployment;
  const ref = refOf(deployment);
  const url = useDeploymentUrl(model);
  const action = useAction();
  const run = (change: () => Promise<unknown>) =>
    action.run(async () => {
      try {
        await change();
      } finally {
        await onChange();
      }
    });
  const { kind, text, title } = deploymentBadge(deployment, trans);
  return (
    <>
      <div className="jp-modelop-deployment">
        <span className="jp-modelop-deploymentTitle">
          <StateMark
            shape="circle"
            kind={kind}
            subject={trans.__('State')}
            text={text}
            title={title ?? text}
          />
          <button
            type="button"
            className="jp-modelop-link jp-modelop-name"
            title={trans.__('Open the deployment of %1', model)}
            onClick={() =>
              void commands.execute(CommandIDs.openModel, { model, section: 'deployment' })
            }
          >
            {ref}
          </button>
        </span>
        {isRunning(deployment) && load && <LoadLine deployment={deployment} load={load} />}
        <span className="jp-modelop-icons">
          {isAnswering(deployment) && (
            <>
              <DeploymentLink deployment={deployment} />
              <CopyButton text={url} what={trans.__('the URL of %1', ref)} />
            </>
          )}
          <DeploymentButtons deployment={deployment} action={{ ...action, run }} />
        </span>
      </div>
      {problem && (
        <div className="jp-modelop-problem">
          {problem.snapshot !== null && problem.snapshot !== deployment.snapshot && (
            <strong>{`${model}@${problem.snapshot}: `}</strong>
          )}
          {problem.message}
          {problem.hint && <div className="jp-modelop-hint">{problem.hint}</div>}
        </div>
      )}
      {action.error && <ErrorMessage error={action.error} />}
    </>
  );
}

/** What a deployment does now: `12 requests/s, p95 3.4 ms`, and the last minute as a line. */
function LoadLine(props: {
  deployment: Deployment;
  load: NonNullable<Deployment['load']>;
}): JSX.Element {
  const { trans } = useModelOp();
  const { load } = props;
  const values = bySecond(load, SPARK_SECONDS, ({ requests }) => requests, 0);
  return (
    <span className="jp-modelop-deploymentLoad">
      <span className="jp-modelop-muted">
        {trans.__('%1/s', rate(load.rate))}
        {load.latencies && ` · p95 ${latency(load.latencies.p95)}`}
      </span>
      <Sparkline
        values={values}
        summary={trans.__(
          'Requests of %1 in the last minute: at most %2 in a second',
          refOf(props.deployment),
          Math.max(...values)
        )}
      />
    </span>
  );
}
