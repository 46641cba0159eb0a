import { Clipboard } from '@jupyterlab/apputils';
import { checkIcon, copyIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { useModelOp } from '../state/context';
import { IconButton } from './primitives';

/** How long the button says that it has copied, in milliseconds. */
const COPIED_TIME = 2000;

/** A button that copies a text; `what` names it, as in "Copy the URL of churn". */
export function CopyButton({ text, what }: { text: string; what: string }): JSX.Element {
  const { trans } = useModelOp();
  const [isCopied, setCopied] = React.useState(false);
  React.useEffect(() => {
    if (isCopied) {
      const timer = window.setTimeout(() => setCopied(false), COPIED_TIME);
      return () => window.clearTimeout(timer);
    }
  }, [isCopied]);
  return (
    <IconButton
      icon={isCopied ? checkIcon : copyIcon}
      label={isCopied ? trans.__('Copied') : trans.__('Copy %1', what)}
      onClick={() => {
        Clipboard.copyToSystem(text);
        setCopied(true);
      }}
    />
  );
}
