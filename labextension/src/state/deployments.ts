import type { DefaultError, UseQueryResult } from '@tanstack/react-query';
import type { Deployment, DeploymentView } from '../api/types';
import { useServerQuery } from './queries';
import { useVisibility } from './visibility';

/** How often the load of a running deployment is fetched while it is seen, in milliseconds. */
const LOAD_INTERVAL = 2000;

/** How often the progress of deploying is fetched, in milliseconds. */
const PROGRESS_INTERVAL = 500;

const ANSWERING: readonly Deployment['state'][] = ['ready', 'replacing'];
const RUNNING: readonly Deployment['state'][] = [...ANSWERING, 'starting', 'stopping'];

/** Return whether a deployment answers requests. */
export function isAnswering({ state }: Pick<Deployment, 'state'>): boolean {
  return ANSWERING.includes(state);
}

/** Return whether a deployment has a server process. */
export function isRunning({ state }: Pick<Deployment, 'state'>): boolean {
  return RUNNING.includes(state);
}

/** Fetch all deployments, with their load while one runs and they are seen. */
export function useDeployments(): UseQueryResult<readonly Deployment[], DefaultError> {
  return useServerQuery({
    key: ['deployments'],
    topics: ['deployments', 'models'],
    fetch: client => client.deployments(),
    interval: rows => (rows?.some(isRunning) ? LOAD_INTERVAL : false),
    isEnabled: useVisibility()
  });
}

/** Fetch the deployment of a model, with its load while it runs, and how far deploying is. */
export function useDeployment(model: string): UseQueryResult<DeploymentView, DefaultError> {
  return useServerQuery({
    key: deploymentKey(model),
    topics: ['deployments', 'models'],
    fetch: client => client.deployment(model),
    interval: view =>
      view?.run?.is_running
        ? PROGRESS_INTERVAL
        : view?.deployment && isRunning(view.deployment)
          ? LOAD_INTERVAL
          : false,
    isEnabled: useVisibility()
  });
}

/** Return what identifies the query of a model's deployment. */
export function deploymentKey(model: string): readonly unknown[] {
  return ['deployment', model];
}
