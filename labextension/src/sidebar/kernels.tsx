import * as React from 'react';
import { KernelsPart } from '../model/kernels';
import { useModelOp } from '../state/context';

/** The installed kernel specs and the running isolated kernels of models. */
export function KernelsSection(): JSX.Element {
  const { trans } = useModelOp();
  return (
    <div className="jp-modelop-section">
      <KernelsPart
        nothing={trans.__('No isolated kernels. The notebook icon of a model opens one.')}
      />
    </div>
  );
}
