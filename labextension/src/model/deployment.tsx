import type { TranslationBundle } from '@jupyterlab/translation';
import { launchIcon, runIcon, stopIcon, undoIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { Deployment, Load } from '../api/types';
import { ago, count } from '../components/format';
import { IconButton } from '../components/primitives';
import type { IBadge } from '../components/status';
import { useModelOp } from '../state/context';
import { isAnswering, isRunning } from '../state/deployments';
import type { IAction } from '../state/queries';
import { CommandIDs } from '../tokens';

/** For how many seconds the load of a deployment is shown. */
export const LOAD_SECONDS = 120;

/** Return the reference of the snapshot that answers, such as `churn@3`. */
export function refOf({ model, snapshot }: Pick<Deployment, 'model' | 'snapshot'>): string {
  return `${model}@${snapshot}`;
}

/** Return the badge of a deployment: its state, and since when it is so where it has ended. */
export function deploymentBadge(deployment: Deployment, trans: TranslationBundle): IBadge {
  const { state, stopped, problem } = deployment;
  const badges: Record<Deployment['state'], IBadge> = {
    starting: { kind: 'busy', text: trans.__('Starting') },
    ready: { kind: 'good', text: trans.__('Ready') },
    replacing: { kind: 'busy', text: trans.__('Replacing') },
    stopping: { kind: 'busy', text: trans.__('Stopping') },
    stopped: { kind: 'warn', text: trans.__('Stopped') },
    failed: { kind: 'bad', text: trans.__('Failed') },
    down: { kind: 'bad', text: trans.__('Down') }
  };
  const titles: Partial<Record<Deployment['state'], string>> = {
    stopped: stopped ? trans.__('Stopped %1', ago(stopped)) : undefined,
    failed: problem?.message,
    replacing: trans.__('It answers, while another snapshot is initialised beside it'),
    down: trans.__('Its server process has ended, and nobody stopped it: deploy it again')
  };
  return { ...badges[state], title: titles[state] };
}

/** Format a latency: `0.8 ms`, `12 ms`, `3.4 s`. */
export function latency(seconds: number): string {
  const milliseconds = seconds * 1000;
  if (milliseconds >= 1000) {
    return `${seconds.toFixed(1)} s`;
  }
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

/** Format requests per second: `0.3`, `12`, `1,200`. */
export function rate(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(1) : count(Math.round(value));
}

/** Return the value of each of the last `size` seconds; `none` for those without a request. */
export function bySecond<T>(
  { t, seconds }: Load,
  size: number,
  value: (second: Load['seconds'][number]) => T,
  none: T
): T[] {
  // The present second has not ended: its count would look like a fall.
  const last = Math.floor(t) - 1;
  const found = new Map(seconds.map(second => [second.t, second]));
  return Array.from({ length: size }, (_, index) => {
    const second = found.get(last - size + 1 + index);
    return second === undefined ? none : value(second);
  });
}

/** The URL of a deployment in this Jupyter server, as browsers and other programs use it. */
export function useDeploymentUrl(model: string): string {
  const { client } = useModelOp();
  return new URL(client.deploymentUrl(model), window.location.href).href;
}

/** The link that opens the page of a deployment, where a record can be tried, in a new tab. */
export function DeploymentLink({ deployment }: { deployment: Deployment }): JSX.Element {
  const { trans } = useModelOp();
  const label = trans.__('Open the page of %1', refOf(deployment));
  return (
    <a
      className="jp-modelop-iconButton"
      href={useDeploymentUrl(deployment.model)}
      target="_blank"
      rel="noopener noreferrer"
      aria-label={label}
      title={label}
    >
      <launchIcon.react tag="span" elementPosition="center" />
    </a>
  );
}

/** The buttons that go back, stop, or deploy again: those that a deployment has in its state. */
export function DeploymentButtons(props: { deployment: Deployment; action: IAction }): JSX.Element {
  const { client, commands, trans } = useModelOp();
  const { deployment, action } = props;
  const { model, previous, shadow } = deployment;
  const ref = refOf(deployment);
  const before = shadow
    ? trans.__('End the shadow %1', `${model}@${shadow.snapshot}`)
    : previous !== null && trans.__('Go back from %1 to %2', ref, `${model}@${previous}`);
  return (
    <>
      {isAnswering(deployment) && before && (
        <IconButton
          icon={undoIcon}
          label={before}
          disabled={action.isRunning}
          onClick={() => action.run(() => client.rollBackDeployment(model))}
        />
      )}
      {isRunning(deployment) ? (
        <IconButton
          icon={stopIcon}
          label={trans.__('Stop %1', ref)}
          disabled={action.isRunning || deployment.state === 'stopping'}
          onClick={() => action.run(() => client.stopDeployment(model))}
        />
      ) : (
        <IconButton
          icon={runIcon}
          label={trans.__('Deploy %1 again', model)}
          onClick={() => void commands.execute(CommandIDs.deploy, { model })}
        />
      )}
    </>
  );
}
