import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { EngineState, JobRecord } from '../api/types';
import { useModelOp } from '../state/context';
import { bytes } from './format';

/** The name of the engine of this machine. */
export const LOCAL_ENGINE = 'local';

/** Return where a job runs, such as `dask://host:8786`; null for this machine. */
export function engineOf({ options }: JobRecord): string | null {
  const engine = options['engine'];
  return typeof engine === 'string' && engine !== '' ? engine : null;
}

/** Return the size of an engine's cluster: `3 nodes, 24 slots`. */
export function clusterSize({ nodes, slots }: EngineState, trans: TranslationBundle): string {
  if (nodes === 0) {
    return trans.__('waits for nodes');
  }
  return [
    trans._n('%1 node', '%1 nodes', nodes, nodes),
    trans._n('%1 slot', '%1 slots', slots, slots)
  ].join(', ');
}

/** Return what an engine has before a job is sent to it, in a sentence. */
export function clusterSentence(state: EngineState, trans: TranslationBundle): string {
  const memory = state.memory === null ? null : trans.__('%1 of memory', bytes(state.memory));
  const cores = trans._n('%1 core', '%1 cores', state.slots, state.slots);
  if (state.is_made) {
    const parts = [cores, memory].filter(Boolean).join(', ');
    return trans.__('A cluster on this machine is made for the job: %1', parts);
  }
  if (state.nodes === 0) {
    return trans.__('The cluster answers, but has no nodes: the job waits until some join');
  }
  return [clusterSize(state, trans), memory].filter(Boolean).join(', ');
}

/** The link to a cluster's dashboard; nothing where it has none, or none of the web. */
export function DashboardLink({ address }: { address: string | null }): JSX.Element | null {
  const { trans } = useModelOp();
  if (address === null || !/^https?:\/\//i.test(address)) {
    return null;
  }
  return (
    <a
      className="jp-modelop-webLink"
      href={address}
      target="_blank"
      rel="noopener noreferrer"
      title={address}
    >
      {trans.__('Dashboard')}
    </a>
  );
}
