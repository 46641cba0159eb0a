import * as React from 'react';
import type { ModelDetail, RequirementsReport } from '../api/types';
import { ErrorMessage, TextButton } from '../components/primitives';
import { useModelOp } from '../state/context';
import { useAction, useServerQuery } from '../state/queries';
import { REQUIRED_LIBRARIES } from './assets';

/** The requirements of a model, and buttons to check, infer and upgrade them. */
export function RequirementsPart({ model }: { model: ModelDetail }): JSX.Element {
  const { client, changes, trans } = useModelOp();
  const { name } = model;
  const hasAsset = model.assets.some(asset => asset.role === REQUIRED_LIBRARIES);
  const action = useAction();
  const [isChecked, setChecked] = React.useState(false);
  const [message, setMessage] = React.useState<string | null>(null);
  const report = useServerQuery({
    key: ['requirements', name, isChecked],
    topics: ['models', 'environments'],
    fetch: client => client.requirements(name, isChecked)
  });
  const upgrade = async () => {
    try {
      const upgrades = (await client.upgradeRequirements(name)).changes.map(
        ({ package: library, before, after }) => `${library} ${before ?? '–'} → ${after ?? '–'}`
      );
      setMessage(upgrades.join(', ') || trans.__('No newer versions.'));
    } catch (reason) {
      setMessage((reason as Error).message);
    }
    await changes.refresh();
  };
  const isIncomplete = report.data?.imports.some(({ verdict }) => verdict === 'missing') ?? false;
  return (
    <div className="jp-modelop-requirements">
      <h4>{trans.__('Required libraries')}</h4>
      {action.error && <ErrorMessage error={action.error} />}
      {report.error && <ErrorMessage error={report.error} />}
      {report.data && <RequirementLines report={report.data} />}
      {!hasAsset && (
        <p className="jp-modelop-muted">
          {trans.__('No asset has this role: the environment has only the standard library.')}
        </p>
      )}
      {message && (
        <p className="jp-modelop-muted" role="status">
          {message}
        </p>
      )}
      <div className="jp-modelop-actions">
        <TextButton
          label={report.isFetching && isChecked ? trans.__('Checking…') : trans.__('Check')}
          name={
            report.isFetching && isChecked
              ? trans.__('Checking the requirements of %1…', name)
              : trans.__('Check the requirements of %1', name)
          }
          title={trans.__('Resolve the requirements, and compare them with the imports')}
          disabled={report.isFetching}
          onClick={() => (isChecked ? void report.refetch() : setChecked(true))}
        />
        {(isIncomplete || !hasAsset) && (
          <TextButton
            label={trans.__('Infer')}
            name={trans.__('Infer the requirements of %1', name)}
            title={trans.__(
              'Write requirements.txt from the imports, with the versions installed here'
            )}
            onClick={() => action.run(() => client.inferRequirements(name))}
          />
        )}
        {hasAsset && (
          <TextButton
            label={trans.__('Upgrade')}
            name={trans.__('Upgrade the requirements of %1', name)}
            title={trans.__('Resolve requirements without a pinned version again')}
            onClick={() => void upgrade()}
          />
        )}
      </div>
    </div>
  );
}

function RequirementLines({ report }: { report: RequirementsReport }): JSX.Element {
  const { trans } = useModelOp();
  const missing = report.imports.filter(({ verdict }) => verdict === 'missing');
  return (
    <>
      <ul className="jp-modelop-list" aria-label={trans.__('Required libraries')}>
        {report.rows.map((row, index) => (
          <li key={index} className="jp-modelop-row" title={`${row.asset}, line ${row.line}`}>
            <code>{row.text}</code>
            {row.locked && !row.text.endsWith(`==${row.locked}`) && (
              <span className="jp-modelop-muted">{row.locked}</span>
            )}
            {row.problem && <span className="jp-modelop-bad">{row.problem}</span>}
          </li>
        ))}
        {report.additions.map(requirement => (
          <li key={requirement} className="jp-modelop-row">
            <code>{requirement}</code>
            <span className="jp-modelop-muted">{trans.__('added, as ModelOp Center does')}</span>
          </li>
        ))}
      </ul>
      {missing.map(({ module, asset, line }) => (
        <p key={`${asset} ${line}`} className="jp-modelop-bad">
          {trans.__('No requirement provides %1 (imported in %2, line %3)', module, asset, line)}
        </p>
      ))}
      {report.unused.length > 0 && (
        <p className="jp-modelop-muted">{trans.__('Not imported: %1', report.unused.join(', '))}</p>
      )}
    </>
  );
}
