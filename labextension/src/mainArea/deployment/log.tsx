import * as React from 'react';
import { GrowingLog } from '../../components/growingLog';
import { useModelOp } from '../../state/context';

/** The log of a deployment: what happened to it, and what its replicas printed; updated while it runs. */
export function DeploymentLogTab(props: { model: string; isRunning: boolean }): JSX.Element {
  const { client } = useModelOp();
  const { model, isRunning } = props;
  const fetchPart = React.useCallback(
    async (offset: number | null) => {
      const { text, offset: next } = await client.deploymentLog(model, offset ?? 0);
      const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
      return { lines, next, isDone: lines.length === 0 && !isRunning };
    },
    [client, model, isRunning]
  );
  return <GrowingLog fetchPart={fetchPart} />;
}
