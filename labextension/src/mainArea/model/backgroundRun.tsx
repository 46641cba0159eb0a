import * as React from 'react';
import type { CheckRun } from '../../api/types';
import { ErrorMessage, ProgressBar, TextButton } from '../../components/primitives';
import { useModelOp } from '../../state/context';
import { useAction } from '../../state/queries';

interface IBackgroundRunProps {
  /** What is made, such as "check of churn". */
  readonly what: string;
  readonly run: Pick<CheckRun, 'failure' | 'is_stopping'>;
  readonly text: string;
  /** How much is done, from 0 to 1; null if that is not known. */
  readonly value: number | null;
  /** Stops it, or takes away what is said of one that failed. */
  readonly onStop: () => Promise<unknown>;
}

/** How far something is that the server makes in the background, or why it could not be made. */
export function BackgroundRun({
  what,
  run,
  text,
  value,
  onStop
}: IBackgroundRunProps): JSX.Element {
  const { trans } = useModelOp();
  const action = useAction();
  const { failure } = run;
  if (failure) {
    return (
      <div className="jp-modelop-problem" role="alert">
        <div>{failure.message}</div>
        {failure.hint && <div className="jp-modelop-hint">{failure.hint}</div>}
        <TextButton label={trans.__('Dismiss')} onClick={() => action.run(onStop)} />
      </div>
    );
  }
  return (
    <section aria-label={what[0].toUpperCase() + what.slice(1)}>
      <div className="jp-modelop-bar">
        <span role="status">{text}</span>
        <TextButton
          label={trans.__('Stop')}
          name={trans.__('Stop the %1', what)}
          disabled={run.is_stopping || action.isRunning}
          onClick={() => action.run(onStop)}
        />
      </div>
      <ProgressBar value={value} label={trans.__('Progress of the %1', what)} />
      {action.error && <ErrorMessage error={action.error} />}
    </section>
  );
}
