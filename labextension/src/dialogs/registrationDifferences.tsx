import * as React from 'react';
import type { ModelDiff, Preview } from '../api/types';
import { FileDifferences } from '../components/fileDifferences';
import { useModelOp } from '../state/context';

/** What registering changes of a model that is there: in a sentence, packages, and files side by side. */
export function RegistrationDifferences(props: {
  diff: ModelDiff;
  preview: Preview;
  isResolving: boolean;
}): JSX.Element {
  const { trans } = useModelOp();
  const { diff, preview, isResolving } = props;
  return (
    <section aria-label={trans.__('What changes')}>
      <p aria-live="polite">{diff.sentence}</p>
      {preview.unresolved && (
        <p className={isResolving ? 'jp-modelop-muted' : 'jp-modelop-warn'}>
          {isResolving ? trans.__('Resolving the packages…') : preview.unresolved}
        </p>
      )}
      {diff.packages.length > 0 && <Packages diff={diff} />}
      <FileDifferences diff={diff} />
    </section>
  );
}

function Packages({ diff }: { diff: ModelDiff }): JSX.Element {
  const { trans } = useModelOp();
  return (
    <table className="jp-modelop-table" aria-label={trans.__('Packages that differ')}>
      <thead>
        <tr>
          <th scope="col">{trans.__('package')}</th>
          <th scope="col">{diff.before}</th>
          <th scope="col">{diff.after}</th>
        </tr>
      </thead>
      <tbody>
        {diff.packages.map(({ package: name, before, after }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{before ?? trans.__('none')}</td>
            <td>{after ?? trans.__('none')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
