import * as React from 'react';
import type {
  Deployment,
  DeploymentProblem,
  DeploymentRun,
  KernelTable,
  ModelDetail,
  Remedy
} from '../../api/types';
import { ago, count, moment } from '../../components/format';
import { Badge, EmptyMessage, ErrorMessage, TextButton } from '../../components/primitives';
import { Tabs } from '../../components/tabs';
import { LIST_INTERVAL, useInterval } from '../../components/useInterval';
import { deploymentBadge, refOf } from '../../model/deployment';
import { useModelOp } from '../../state/context';
import { deploymentKey, isAnswering, isRunning, useDeployment } from '../../state/deployments';
import type { IAction } from '../../state/queries';
import { useAction } from '../../state/queries';
import { CommandIDs } from '../../tokens';
import { BackgroundRun } from '../model/backgroundRun';
import { Addresses } from './addresses';
import { FailuresTab } from './failures';
import { CountTiles, LoadTab } from './load';
import { DeploymentLogTab } from './log';
import { ShadowTab } from './shadow';
import type { ITried } from './tryRecord';
import { TryTab } from './tryRecord';

/** What a model's deployment needs of its page. */
interface IDeploymentProps {
  readonly model: ModelDetail;
  /** Returns the first records of the data frames of the open notebook. */
  readonly tables: () => Promise<readonly KernelTable[]>;
}

type Tab = 'load' | 'try' | 'failures' | 'shadow' | 'log';

interface ITabProps {
  readonly tab: Tab;
  readonly onTab: (tab: Tab) => void;
}

/** The deployment of a model: how far it is, what it answers and how fast, and a form to try it. */
export function DeploymentOfModel(props: IDeploymentProps): JSX.Element {
  const { commands, trans } = useModelOp();
  const { name, functions } = props.model;
  const [tab, setTab] = React.useState<Tab>('load');
  const { data: view, error } = useDeployment(name);
  if (!view) {
    return error ? <ErrorMessage error={error} /> : <div role="status">{trans.__('Loading…')}</div>;
  }
  const { deployment, run } = view;
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {run && (
        <Run name={name} run={run} onLog={deployment === null ? null : () => setTab('log')} />
      )}
      {deployment && (
        <Present {...props} deployment={deployment} run={run} tab={tab} onTab={setTab} />
      )}
      {!run && !deployment && (
        <>
          <EmptyMessage>
            {functions.some(({ kind }) => kind === 'score')
              ? trans.__(
                  'Not deployed. A deployed model answers requests on this machine as ModelOp’s runtime does, isolated in its own environment.'
                )
              : trans.__('Only a model with a score function can be deployed.')}
          </EmptyMessage>
          {functions.some(({ kind }) => kind === 'score') && (
            <TextButton
              label={trans.__('Deploy…')}
              name={trans.__('Deploy… %1', name)}
              isPrimary={true}
              onClick={() => void commands.execute(CommandIDs.deploy, { model: name })}
            />
          )}
        </>
      )}
    </>
  );
}

function Run(props: {
  name: string;
  run: DeploymentRun;
  /** Shows the log; null where there is none. */
  onLog: (() => void) | null;
}): JSX.Element {
  const { client, commands, queries, trans } = useModelOp();
  const { name, run, onLog } = props;
  const actionOf = ({ commands: [[verb, noun]] }: Remedy) => {
    if (verb === 'deploy') {
      return () => void commands.execute(CommandIDs.deploy, { model: name });
    }
    return verb === 'deployment' && noun === 'log' ? onLog : null;
  };
  return (
    <BackgroundRun
      what={trans.__('deployment of %1', name)}
      run={run}
      text={
        run.is_stopping
          ? trans.__('Stopping…')
          : run.step
            ? capitalized(run.step)
            : trans.__('Preparing the deployment…')
      }
      value={null}
      actionOf={actionOf}
      onStop={async () =>
        queries.setQueryData(deploymentKey(name), await client.stopDeploying(name))
      }
    />
  );
}

function capitalized(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

function Present(
  props: IDeploymentProps & ITabProps & { deployment: Deployment; run: DeploymentRun | null }
): JSX.Element {
  const { queries } = useModelOp();
  useInterval(LIST_INTERVAL);
  const { deployment, run } = props;
  const { model, problem, load } = deployment;
  const action = useAction();
  const change = (operation: () => Promise<unknown>) =>
    action.run(async () => queries.setQueryData(deploymentKey(model), await operation()));
  // What this server could not deploy is said above, with the button that takes it away.
  const isSaid = run?.failure?.message === problem?.message;
  return (
    <>
      <Head deployment={deployment} isDeploying={run?.is_running ?? false} run={change} />
      {action.error && <ErrorMessage error={action.error} />}
      {problem && <Problem deployment={deployment} problem={problem} isSaid={isSaid} />}
      {isAnswering(deployment) && <Addresses deployment={deployment} tables={props.tables} />}
      {load && <CountTiles load={load} />}
      <DeploymentTabs {...props} />
    </>
  );
}

function Head(props: {
  deployment: Deployment;
  isDeploying: boolean;
  run: IAction['run'];
}): JSX.Element {
  const { client, commands, trans } = useModelOp();
  const { deployment, isDeploying, run } = props;
  const { model, previous, shadow, ends, began, stopped, elsewhere } = deployment;
  const ref = refOf(deployment);
  const badge = deploymentBadge(deployment, trans);
  const facts = [
    isRunning(deployment) && began && trans.__('since %1', moment(began)),
    isRunning(deployment) && ends && trans.__('stops %1', moment(ends)),
    !isRunning(deployment) && stopped && trans.__('stopped %1', ago(stopped)),
    deployment.options.capture && trans.__('kept in %1', deployment.options.capture),
    elsewhere && trans.__('on %1', elsewhere.host ?? elsewhere.path)
  ];
  return (
    <div className="jp-modelop-bar">
      <strong>{ref}</strong>
      <Badge {...badge} />
      {shadow && <Badge kind="plain" text={trans.__('shadow @%1', shadow.snapshot)} />}
      <span className="jp-modelop-muted">{facts.filter(Boolean).join(' · ')}</span>
      <span className="jp-modelop-spacer" />
      <TextButton
        label={isAnswering(deployment) ? trans.__('Replace…') : trans.__('Deploy again…')}
        name={
          isAnswering(deployment)
            ? trans.__('Replace… %1', ref)
            : trans.__('Deploy again… %1', model)
        }
        title={trans.__('Deploy another snapshot, or the same with other options')}
        isPrimary={!isRunning(deployment)}
        disabled={isDeploying}
        onClick={() => void commands.execute(CommandIDs.deploy, { model })}
      />
      {isAnswering(deployment) && shadow === null && previous !== null && (
        <TextButton
          label={trans.__('Go back to @%1', previous)}
          title={trans.__('%1 answers again instead of %2', `${model}@${previous}`, ref)}
          disabled={isDeploying}
          onClick={() => run(() => client.rollBackDeployment(model))}
        />
      )}
      {isRunning(deployment) && (
        <TextButton
          label={trans.__('Stop')}
          name={trans.__('Stop %1', ref)}
          title={trans.__('Answer what was asked, and end all its processes')}
          disabled={isDeploying || deployment.state === 'stopping'}
          onClick={() => run(() => client.stopDeployment(model))}
        />
      )}
    </div>
  );
}

/** Why the last snapshot could not be deployed, with what its function raised and printed. */
function Problem(props: {
  deployment: Deployment;
  problem: DeploymentProblem;
  isSaid: boolean;
}): JSX.Element {
  const { trans } = useModelOp();
  const { deployment, problem, isSaid } = props;
  const { message, hint, snapshot, traceback, console: printed } = problem;
  const details = [traceback, printed].filter(Boolean).join('\n\n');
  return (
    <>
      {!isSaid && (
        <div className="jp-modelop-problem" role="alert">
          <div>
            {snapshot !== null && <strong>{`${deployment.model}@${snapshot}: `}</strong>}
            {message}
          </div>
          {hint && <div className="jp-modelop-hint">{hint}</div>}
        </div>
      )}
      {details && (
        <details className="jp-modelop-details">
          <summary>{trans.__('What the model raised and printed')}</summary>
          <pre tabIndex={0}>{details}</pre>
        </details>
      )}
    </>
  );
}

function DeploymentTabs(
  props: IDeploymentProps & ITabProps & { deployment: Deployment }
): JSX.Element {
  const { trans } = useModelOp();
  const { deployment, tables, tab: chosen, onTab } = props;
  const { id: deploymentId, model, shadow, load } = deployment;
  const id = React.useId();
  const [tried, setTried] = React.useState<ITried | null>(null);
  const counts = load?.counts;
  const bad = counts ? counts.rejected + counts.failed + counts.timed_out + counts.ended : 0;
  const tabs: [Tab, string][] = [
    ['load', trans.__('Load')],
    ['try', trans.__('Try a record')],
    ['failures', trans.__('Failures (%1)', count(bad))],
    ['log', trans.__('Log')]
  ];
  if (shadow) {
    tabs.splice(3, 0, ['shadow', trans.__('Shadow (%1)', count(shadow.different))]);
  }
  const selected = tabs.some(([name]) => name === chosen) ? chosen : 'load';
  const contents: Record<Tab, () => JSX.Element | null> = {
    load: () => <LoadTab deployment={deployment} />,
    try: () => <TryTab deployment={deployment} tables={tables} tried={tried} onTry={setTried} />,
    failures: () => <FailuresTab model={model} bad={bad} />,
    shadow: () => shadow && <ShadowTab deployment={deployment} shadow={shadow} />,
    log: () => (
      <DeploymentLogTab key={deploymentId} model={model} isRunning={isRunning(deployment)} />
    )
  };
  return (
    <Tabs
      id={id}
      label={trans.__('Parts of the deployment of %1', model)}
      tabs={tabs}
      selected={selected}
      onSelect={onTab}
    >
      {contents[selected]()}
    </Tabs>
  );
}
