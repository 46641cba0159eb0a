import * as React from 'react';
import type { CheckRun, Remedy } from '../../api/types';
import { ErrorMessage, ProgressBar, TextButton } from '../../components/primitives';
import { commandLines } from '../../jupyter/applyRemedy';
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
  /** Returns what the button of a remedy does; null for one that is only shown, as a line for a shell. */
  readonly actionOf?: (remedy: Remedy) => (() => void) | null;
}

/** How far something is that the server makes in the background, or why it could not be made. */
export function BackgroundRun({
  what,
  run,
  text,
  value,
  onStop,
  actionOf = () => null
}: IBackgroundRunProps): JSX.Element {
  const { trans } = useModelOp();
  const action = useAction();
  const { failure } = run;
  const remedies = (failure?.remedies ?? []).filter(({ commands }) => commands.length > 0);
  if (failure) {
    return (
      <div className="jp-modelop-problem" role="alert">
        <div>{failure.message}</div>
        {failure.hint && <div className="jp-modelop-hint">{failure.hint}</div>}
        {remedies
          .filter(remedy => actionOf(remedy) === null)
          .map(remedy => (
            <div key={remedy.text}>
              {remedy.text}:<pre tabIndex={0}>{commandLines(remedy).join('\n')}</pre>
            </div>
          ))}
        <div className="jp-modelop-actions">
          {remedies.map(remedy => {
            const act = actionOf(remedy);
            return act && <TextButton key={remedy.text} label={remedy.text} onClick={act} />;
          })}
          <TextButton label={trans.__('Dismiss')} onClick={() => action.run(onStop)} />
        </div>
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
